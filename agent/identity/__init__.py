"""Who this controller is towards its platform: certificates of TLS, and how a board comes by one."""
