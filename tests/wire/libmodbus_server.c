/* An RTU unit made of libmodbus's own server calls: libmodbus_server UNIT LINK
 * Opens a pty, links LINK to it, prints "ready", answers until it is ended. Holding and input register n begin as
 * 1000 + n and 2000 + n; input n and coil n begin as off, every third input is on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define REGISTERS 256

static int open_pty(const char *link)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios raw;

    if (master < 0 || grantpt(master) || unlockpt(master) || tcgetattr(master, &raw))
        return -1;
    cfmakeraw(&raw);
    tcsetattr(master, TCSANOW, &raw);
    /* The near end stays open here too: without it reads fail while no master has the port. */
    if (open(ptsname(master), O_RDWR | O_NOCTTY) < 0 || symlink(ptsname(master), link))
        return -1;
    return master;
}

int main(int argc, char **argv)
{
    uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
    int master = argc == 3 ? open_pty(argv[2]) : -1;
    modbus_t *unit = master < 0 ? NULL : modbus_new_rtu(argv[2], 115200, 'N', 8, 1);
    modbus_mapping_t *map = modbus_mapping_new(REGISTERS, REGISTERS, REGISTERS, REGISTERS);

    if (unit == NULL || map == NULL || modbus_set_slave(unit, atoi(argv[1])) || modbus_set_socket(unit, master)) {
        perror("libmodbus_server UNIT LINK");
        return 2;
    }
    for (int n = 0; n < REGISTERS; n++) {
        map->tab_registers[n] = 1000 + n;
        map->tab_input_registers[n] = 2000 + n;
        map->tab_input_bits[n] = n % 3 == 0;
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        int size = modbus_receive(unit, request);

        if (size > 0)
            modbus_reply(unit, request, size, map);
        else if (size < 0 && errno != ETIMEDOUT && errno != EMBBADCRC && errno != EINTR)
            return 1;
    }
}
