from cext.fields cimport Fields
from cext.ramps cimport Ramps
