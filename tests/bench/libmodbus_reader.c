/* Back-to-back reads of 10 holding registers of unit 1 by libmodbus: libmodbus_reader PORT BAUD SECONDS
 * 8N2. Prints reads, failures, wall seconds.
 */
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    modbus_t *line = argc == 4 ? modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 2) : NULL;
    uint16_t registers[10];
    long reads = 0, failures = 0;
    double began, span = argc == 4 ? atof(argv[3]) : 0;

    if (line == NULL || modbus_set_slave(line, 1) || modbus_connect(line)) {
        perror("libmodbus_reader PORT BAUD SECONDS");
        return 2;
    }
    modbus_read_registers(line, 0, 10, registers);
    for (began = now_s(); now_s() - began < span;) {
        if (modbus_read_registers(line, 0, 10, registers) == 10 && registers[9] == 256 + 9)
            reads++;
        else
            failures++;
    }
    printf("%ld %ld %.6f\n", reads, failures, now_s() - began);
    return 0;
}
