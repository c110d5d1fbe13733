# Read before each shell snippet of the docs. What would stream for ever, take minutes or change this machine is done as far as it goes without.
# $root: the repository. $configuration: what the tests were built in. $machine: a folder in the place of the machine's root.
set -euo pipefail
cp -r "$root"/deploy "$root"/docker-compose*.yml "$root"/.env*.example .
mkdir -p "$machine/opt" "$machine/etc/systemd/system"

# Fails where the answer does. One that would stream for ever ends after some seconds, and fails where it was not welcomed.
curl() {
    local argument
    for argument in "$@"; do
        if [ "$argument" = -N ]; then
            local answer code=0
            answer=$(command curl -sS --max-time 4 "$@") || code=$?
            printf '%s\n' "$answer"
            [ "$code" = 28 ] || [ "$code" = 0 ] || return "$code"
            grep -qE '^event: (welcome|request)' <<< "$answer" || { echo "No stream." >&2; return 1; }
            return 0
        fi
    done
    command curl -sS --fail-with-body --max-time 20 "$@" && echo
}

# Takes what was built for these tests. A measurement reads its options and says what it would measure.
dotnet() {
    local given=("${@/#Release/$configuration}")
    case "$1" in
        run) (cd "$root" && command dotnet run --no-build "${given[@]:1}" --dry-run) ;;
        publish) (cd "$root" && command dotnet publish --no-build "${given[@]:1}") ;;
        *) echo "dotnet $1 is nothing that a snippet does." >&2; return 1 ;;
    esac
}

# Reads the files as `up` does, where they ask for secrets first without any: what they describe takes an engine.
docker() {
    [ "$1" = compose ] || { echo "docker $1 is nothing that a snippet does." >&2; return 1; }
    shift
    local options=()
    while [ "$1" != up ]; do options+=("$1"); shift; done
    if [ -f .env.production ]; then
        if read_compose "${options[@]}" 2> /dev/null; then echo "It would start without its secrets." >&2; return 1; fi
        sed -i 's/^\([A-Z_]*\)=$/\1=filled-in/' .env.production
    fi
    read_compose "${options[@]}"
}

# Compose itself where Docker has it; else that its files are there, and that no variable is empty that they end the start for.
read_compose() {
    if command docker compose version > /dev/null 2>&1; then command docker compose "$@" config --quiet; return; fi
    local files=() variables=/dev/null name
    while [ $# -gt 0 ]; do
        case "$1" in
            -f) files+=("$2") ;;
            --env-file) variables=$2 ;;
            *) echo "$1 is no option of docker compose." >&2; return 1 ;;
        esac
        shift 2
    done
    [ ${#files[@]} -gt 0 ] || files=(docker-compose.yml)
    for name in "${files[@]}"; do [ -f "$name" ] || { echo "No $name." >&2; return 1; }; done
    for name in $(grep -ohE '\$\{[A-Z_]+:\?' "${files[@]}" | tr -d '${:?' | sort -u); do
        grep -q "^$name=." "$variables" || { echo "$name is empty in $variables." >&2; return 1; }
    done
}

# Enables the unit in the folder that stands for the machine, once all is there that it names.
systemctl() {
    case "$1" in
        daemon-reload) ;;
        enable)
            local unit="${*: -1}" path
            for path in $(sed -nE 's/^(WorkingDirectory|EnvironmentFile)=//p; s/^ExecStart=[^ ]+ //p' "$machine/etc/systemd/system/$unit.service"); do
                [ -e "$machine$path" ] || { echo "The unit names $path, which is not there." >&2; return 1; }
            done
            command systemctl --root="$machine" enable "$unit"
            ;;
        *) echo "systemctl $1 is nothing that a snippet does." >&2; return 1 ;;
    esac
}

# Reads the configuration and goes no further: it would ask for certificates.
caddy() {
    [ "$1" = run ] || { echo "caddy $1 is nothing that a snippet does." >&2; return 1; }
    HOME=$machine XDG_CONFIG_HOME=$machine XDG_DATA_HOME=$machine command caddy validate "${@:2}"
}
