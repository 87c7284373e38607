/* A unit of libmodbus's server calls that misbehaves at some registers: libmodbus_wrong_server rtu UNIT LINK | tcp UNIT
 * rtu opens a pty and links LINK to it, tcp listens on a free port of 127.0.0.1; it prints "ready" or the port, and answers
 * until it is ended. Holding register n holds 1000 + n. A read that begins at one of these is answered:
 *   200 by another unit        201 with another function     202 after 500 ms       203 with 5 ms between bytes
 *   204 too short              205 too long                  206 by exception 6     207 with a wrong CRC, or transaction
 *   208 with a byte count that is not true                   209 not at all         210 twice
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define REGISTERS 256

static int tcp, connection;

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

static void send_slowly(const uint8_t *bytes, int size, int pause_us)
{
    for (int n = 0; n < size; n++) {
        if (write(connection, bytes + n, 1) != 1)
            return;
        usleep(pause_us);
    }
}

static int seal(uint8_t *frame, int size)
{
    uint16_t crc = 0xFFFF;

    for (int n = 0; n < size; n++) {
        crc ^= frame[n];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    frame[size] = crc & 0xFF;
    frame[size + 1] = crc >> 8;
    return size + 2;
}

/* Frame unit and PDU as the line wants it; `follow` is what a TCP header says of their length. */
static int frame(uint8_t *made, const uint8_t *query, const uint8_t *body, int size, int follow)
{
    int at = tcp ? 6 : 0;

    if (tcp) {
        memcpy(made, query, 4);
        made[4] = follow >> 8;
        made[5] = follow & 0xFF;
    }
    memcpy(made + at, body, size);
    return tcp ? at + size : seal(made, size);
}

/* Answer wrongly. 0 if this register is answered as it should be. */
static int misbehave(const uint8_t *query, const uint8_t *pdu)
{
    int first = pdu[1] << 8 | pdu[2], count = pdu[3] << 8 | pdu[4], size = 3 + 2 * count;
    uint8_t body[300] = {pdu[-1], pdu[0], 2 * count}, made[320];

    if (pdu[0] != 3 || first < 200 || first > 210 || count > 20)
        return 0;
    for (int n = 0; n < count; n++) {
        body[3 + 2 * n] = (1000 + first + n) >> 8;
        body[4 + 2 * n] = (1000 + first + n) & 0xFF;
    }
    if (first == 200)
        body[0]++;
    if (first == 201)
        body[1] = 4;
    if (first == 202)
        usleep(500000);
    if (first == 205) {
        memset(body + size, 0x77, 4);
        body[2] += 4;
        size += 4;
    }
    if (first == 206) {
        body[1] |= 0x80;
        body[2] = 6;
        size = 3;
    }
    if (first == 208)
        body[2] += 2;
    size = frame(made, query, body, size, size);
    if (first == 204)
        size -= 2;
    if (first == 207)
        made[tcp ? 1 : size - 1] ^= 0x55;
    if (first != 209)
        send_slowly(made, size, first == 203 ? 5000 : 0);
    if (first == 210)
        send_slowly(made, size, 0);
    return 1;
}

static void serve(modbus_t *unit, modbus_mapping_t *map)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    int header = modbus_get_header_length(unit);

    for (;;) {
        int size = modbus_receive(unit, query);

        if (size > 0 && !misbehave(query, query + header))
            modbus_reply(unit, query, size, map);
        if (size < 0 && errno != ETIMEDOUT && errno != EMBBADCRC && errno != EINTR)
            return;
    }
}

static int serve_rtu(int unit_id, const char *link, modbus_mapping_t *map)
{
    modbus_t *unit = modbus_new_rtu(link, 115200, 'N', 8, 1);

    connection = open_pty(link);
    if (connection < 0 || unit == NULL || modbus_set_slave(unit, unit_id) || modbus_set_socket(unit, connection))
        return 2;
    puts("ready");
    fflush(stdout);
    serve(unit, map);
    return 1;
}

static int serve_tcp(int unit_id, modbus_mapping_t *map)
{
    struct sockaddr_in here;
    socklen_t length = sizeof here;
    modbus_t *unit = modbus_new_tcp("127.0.0.1", 0);
    int listening = unit == NULL ? -1 : modbus_tcp_listen(unit, 8);

    if (listening < 0 || getsockname(listening, (struct sockaddr *)&here, &length) || modbus_set_slave(unit, unit_id))
        return 2;
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        connection = modbus_tcp_accept(unit, &listening);
        if (connection < 0)
            return 1;
        serve(unit, map);
        close(connection);
    }
}

int main(int argc, char **argv)
{
    modbus_mapping_t *map = modbus_mapping_new(REGISTERS, REGISTERS, REGISTERS, REGISTERS);

    if (argc < 3 || map == NULL)
        return 2;
    for (int n = 0; n < REGISTERS; n++)
        map->tab_registers[n] = 1000 + n;
    tcp = !strcmp(argv[1], "tcp");
    return tcp ? serve_tcp(atoi(argv[2]), map) : serve_rtu(atoi(argv[2]), argv[3], map);
}
