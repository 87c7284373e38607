/* Units behind one address, made of libmodbus's own server calls: libmodbus_tcp_server UNITS [PERIOD_MS [LOG]]
 * Listens on a free port of 127.0.0.1, prints it, serves units 1 to UNITS until it is ended; another unit is answered by
 * exception 11. Holding register n of each begins as 1000 + n; with a period, registers 0 to 4 count up each period,
 * each unit at its own moment, and every second the registers that were read so far are printed.
 * With a log, a file, a line in it says "R unit value ns" when the first reply with a new value of register 0 is about to
 * be sent, "W unit value ns" when a write of one register has come; nanoseconds of CLOCK_MONOTONIC.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <modbus/modbus.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_UNITS 247
#define REGISTERS 128
#define CHANGING 5

static FILE *event_log;
static uint16_t logged[MOST_UNITS + 1];

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now_ms(void)
{
    return now_ns() / 1000000;
}

static int listen_anywhere(modbus_t *server)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    int listening = modbus_tcp_listen(server, 8);

    if (listening < 0 || getsockname(listening, (struct sockaddr *)&here, &size))
        return -1;
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    return listening;
}

static void note(const uint8_t *pdu, int unit, const modbus_mapping_t *map)
{
    uint16_t value = map->tab_registers[0];

    if (pdu[0] == 6)
        fprintf(event_log, "W %d %d %lld\n", unit, pdu[3] << 8 | pdu[4], (long long)now_ns());
    else if (pdu[0] == 3 && pdu[1] == 0 && pdu[2] == 0 && logged[unit] != value) {
        logged[unit] = value;
        fprintf(event_log, "R %d %d %lld\n", unit, value, (long long)now_ns());
    }
}

/* Answer one request; the count of registers that were read, -1 if the connection is at its end. */
static int serve(modbus_t *server, int connection, modbus_mapping_t **units, int count)
{
    uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
    int size, unit, header = modbus_get_header_length(server);

    modbus_set_socket(server, connection);
    size = modbus_receive(server, request);
    if (size <= 0)
        return size;
    unit = request[header - 1];
    if (unit < 1 || unit > count)
        return modbus_reply_exception(server, request, MODBUS_EXCEPTION_GATEWAY_TARGET) < 0 ? -1 : 0;
    if (event_log != NULL)
        note(request + header, unit, units[unit]);
    if (modbus_reply(server, request, size, units[unit]) < 0)
        return -1;
    return request[header] == 3 || request[header] == 4 ? request[header + 3] << 8 | request[header + 4] : 0;
}

int main(int argc, char **argv)
{
    modbus_t *server = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *units[MOST_UNITS + 1];
    int64_t due_ms[MOST_UNITS + 1], tell_ms = now_ms() + 1000;
    int count = argc > 1 ? atoi(argv[1]) : 0, period_ms = argc > 2 ? atoi(argv[2]) : 0;
    int listening = count > 0 && count <= MOST_UNITS && server != NULL ? listen_anywhere(server) : -1;
    long registers = 0;
    fd_set all;

    if (listening < 0) {
        perror("libmodbus_tcp_server UNITS [PERIOD_MS [LOG]]");
        return 2;
    }
    if (argc > 3 && (event_log = fopen(argv[3], "w")) == NULL) {
        perror(argv[3]);
        return 2;
    }
    for (int unit = 1; unit <= count; unit++) {
        units[unit] = modbus_mapping_new(REGISTERS, REGISTERS, REGISTERS, REGISTERS);
        due_ms[unit] = now_ms() + (int64_t)period_ms * unit / count;
        for (int n = 0; n < REGISTERS; n++)
            units[unit]->tab_registers[n] = 1000 + n;
    }
    FD_ZERO(&all);
    FD_SET(listening, &all);
    for (;;) {
        struct timeval wait = {0, 20000};
        fd_set ready = all;

        if (period_ms > 0) {
            for (int unit = 1; unit <= count; unit++)
                for (; due_ms[unit] <= now_ms(); due_ms[unit] += period_ms)
                    for (int n = 0; n < CHANGING; n++)
                        units[unit]->tab_registers[n]++;
            if (tell_ms <= now_ms()) {
                printf("%ld\n", registers);
                fflush(stdout);
                if (event_log != NULL)
                    fflush(event_log);
                tell_ms += 1000;
            }
        }
        if (select(FD_SETSIZE, &ready, NULL, NULL, &wait) <= 0)
            continue;
        for (int at = 0; at < FD_SETSIZE; at++) {
            if (!FD_ISSET(at, &ready))
                continue;
            if (at == listening) {
                int on = 1, one = accept(listening, NULL, NULL);

                setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                FD_SET(one, &all);
            } else {
                int read = serve(server, at, units, count);

                if (read < 0) {
                    close(at);
                    FD_CLR(at, &all);
                } else
                    registers += read;
            }
        }
    }
}
