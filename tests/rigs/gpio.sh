#!/bin/sh
# The product's pins on chips that are no simulation of ours: gpio.sh [uml|gpiomem|pi3b]. Called by ./dev rig gpio, after the wheels are built.
#   uml      rpi-lgpio on the gpio-sim chip of a kernel of our own, which runs as a process (built once: 6 minutes of one core)
#   gpiomem  the real RPi.GPIO on a file in place of /dev/gpiomem
#   pi3b     the real RPi.GPIO on an emulated Raspberry Pi 3B, with the product compiled for it
# Everything is kept in .cache/rigs.
set -eu
here=tests/rigs cache=$(pwd)/.cache/rigs
python=.venv/bin/python
[ $# -gt 0 ] || set -- uml gpiomem pi3b
for rig in "$@"; do case $rig in uml | gpiomem | pi3b) ;; *) echo "rig: no such rig: $rig (uml, gpiomem, pi3b)" >&2 && exit 2 ;; esac; done
mkdir -p "$cache"
rows=$cache/rows
: >"$rows"
failed=0

say() { printf '%s\n' "$*" >&2; }

# Run a command with its output in a file; show the end of it if it fails.
quietly() { # LOG COMMAND …
    log=$1
    shift
    "$@" >>"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        say "rig: failed: $* (the whole of it: $log)"
        exit 1
    }
}

# The wheel with exactly one of the extras, in an environment of its own.
environment() { # RIG LOCK
    env=$cache/$1-env log=$cache/$1-env.log
    now=$(cat requirements.lock "$2" .cache/wheels/gadelys-*.whl | cksum)
    [ "$(cat "$env/stamp" 2>/dev/null)" = "$now" ] && return 0
    say "making the environment of $1: the wheel with $2"
    rm -rf "$env" "$log"
    quietly "$log" $python -m venv "$env"
    quietly "$log" "$env/bin/python" -m pip install --disable-pip-version-check -q --require-hashes -r requirements.lock
    quietly "$log" "$env/bin/python" -m pip install --disable-pip-version-check -q --require-hashes --no-build-isolation -r "$2"
    quietly "$log" "$env/bin/python" -m pip install --disable-pip-version-check -q --no-deps --no-index .cache/wheels/gadelys-*.whl
    printf '%s\n' "$now" >"$env/stamp"
}

kernel() {
    script=$(cksum <$here/uml_kernel.sh)
    [ -x "$cache/linux" ] && [ "$(cat "$cache/linux.stamp" 2>/dev/null)" = "$script" ] && return 0
    say "building the kernel, once: about 6 minutes of one core"
    rm -f "$cache/kernel.log"
    quietly "$cache/kernel.log" nice $here/uml_kernel.sh "$cache/kernel" "$cache/linux"
    printf '%s\n' "$script" >"$cache/linux.stamp"
}

# All of the board's files, made anew when anything of the product has changed.
board() {
    now=$(cat requirements.lock requirements-gpio-classic.lock $here/pi3b_build.sh .cache/wheels/gadelys-*.whl | cksum)
    [ "$(cat "$cache/pi3b/stamp" 2>/dev/null)" = "$now" ] && return 0
    say "putting the board's files together: 90 MB, about half a minute"
    rm -f "$cache/pi3b-build.log"
    quietly "$cache/pi3b-build.log" $here/pi3b_build.sh "$cache/pi3b"
    printf '%s\n' "$now" >"$cache/pi3b/stamp"
}

for rig in "$@"; do
    case $rig in
    uml)
        kernel
        environment uml requirements-gpio.lock
        out=$cache/uml-out
        mkdir -p "$out" && : >"$out/log" && : >"$out/rows"
        tail -n +1 -f "$out/log" &
        follower=$!
        $here/uml.sh "$cache/linux" "$out" "$cache/uml-env/bin/python" "$(pwd)/$here/gpio_run.py" uml "$out/rows" || failed=1
        kill $follower
        cat "$out/rows" >>"$rows"
        ;;
    gpiomem)
        environment gpiomem requirements-gpio-classic.lock
        quietly "$cache/registers.log" cc -O2 -Wall -Wextra -Werror -o "$cache/registers" $here/registers.c
        $here/gpiomem.sh "$cache/registers" "$cache/gpiomem-env/bin/python" $here/gpio_run.py gpiomem "$rows" || failed=1
        ;;
    pi3b)
        board
        : >"$cache/pi3b.log"
        tail -n +1 -f "$cache/pi3b.log" &
        follower=$!
        $here/pi3b.sh "$cache/pi3b" "$cache/pi3b.log" || failed=1
        kill $follower
        tr -d '\r' <"$cache/pi3b.log" | grep -ao 'pi3b  *\(ok\|FAILED\) .*' >>"$rows" || failed=1
        ;;
    esac
done
printf '\n%-8s%-8s%8s  %s\n' rig result took check >&2
cat "$rows" >&2
printf '%s passed, %s failed\n' "$(grep -c ' ok ' "$rows")" "$(grep -c ' FAILED ' "$rows")" >&2
[ -s "$rows" ] || failed=1
exit $failed
