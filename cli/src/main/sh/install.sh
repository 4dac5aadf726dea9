# shellcheck shell=bash
# Installs the tools that `longcut demo`, `test`, `bench` and `soak` need, on Debian and derived distributions only, as root
# or with sudo. Sourced by the launcher. No installed package starts a system service.

readonly RABBITMQ_NEEDED=3.10

apt_updated=''

# can_install: succeeds if apt-get exists and may be used. Sets as_root, the prefix of a privileged command.
can_install() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  as_root=(env)
  if ((EUID == 0)); then return 0; fi
  command -v sudo >/dev/null || return 1
  as_root=(sudo)
  # Without a terminal sudo cannot ask for a password.
  [[ -t 0 && -t 2 ]] || sudo -n true 2>/dev/null
}

# apt_install PACKAGE...: installs packages without starting their services, now or at the next boot.
apt_install() {
  say "installing $* ..."
  "${as_root[@]}" bash "$LONGCUT_HOME/cli/src/main/sh/apt-install" "$@" >&2
}

# first_available PACKAGE...: prints the first package that apt can install.
first_available() {
  local package
  for package; do
    if [[ $(apt-cache policy "$package" 2>/dev/null) =~ Candidate:\ [0-9] ]]; then
      printf '%s\n' "$package"
      return 0
    fi
  done
  return 1
}

# apt_update: updates apt's package lists, at most once.
apt_update() {
  [[ -z $apt_updated ]] || return 0
  say "updating the package lists ..."
  "${as_root[@]}" apt-get update -qq >&2 && apt_updated=yes
}

install_jdk() {
  local package
  if find_java javac >/dev/null; then return; fi
  can_install || die "found no JDK $JAVA_NEEDED or newer in JAVA_HOME or on the PATH, and cannot install one" \
    "(no apt-get, or neither root nor sudo); install a JDK (Debian, Ubuntu: default-jdk-headless) or set JAVA_HOME"
  apt_update
  # The default JDK of an older Ubuntu is 11; a newer Debian has no JDK 17.
  package=$(first_available openjdk-17-jdk-headless openjdk-21-jdk-headless openjdk-25-jdk-headless) ||
    package=default-jdk-headless
  apt_install "$package"
  find_java javac >/dev/null || die "installed $package, but found no JDK $JAVA_NEEDED or newer; set JAVA_HOME"
}

# install_maven: installs Maven unless ./mvnw can download it with curl or wget.
install_maven() {
  if command -v mvn >/dev/null || command -v curl >/dev/null || command -v wget >/dev/null; then return; fi
  can_install || die "found no Maven, and neither curl nor wget with which ./mvnw could download it;" \
    "install one of the three"
  apt_update
  apt_install maven
}

# version_at_least VERSION NEEDED: succeeds if VERSION is NEEDED or newer.
version_at_least() {
  [[ $(printf '%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

# has_rabbitmq: succeeds if a RabbitMQ is installed that rabbitmq/private-node can run.
has_rabbitmq() {
  local home
  if [[ -n ${LONGCUT_RABBITMQ_HOME:-} ]]; then return 0; fi
  for home in /usr/lib/rabbitmq/lib/rabbitmq_server-*; do
    if [[ -x $home/sbin/rabbitmq-server ]] && version_at_least "${home##*-}" "$RABBITMQ_NEEDED"; then return 0; fi
  done
  return 1
}

# install_rabbitmq: installs RabbitMQ if it is missing. Returns an error if that is impossible; the caller handles it.
install_rabbitmq() {
  local candidate
  if has_rabbitmq; then return 0; fi
  can_install && apt_update || return 1
  candidate=$(apt-cache policy rabbitmq-server | sed -n 's/^ *Candidate: \([0-9][0-9.]*\).*/\1/p')
  [[ -n $candidate ]] && version_at_least "$candidate" "$RABBITMQ_NEEDED" || return 1
  apt_install rabbitmq-server && has_rabbitmq
}

readonly NODE_PACKAGES=("$LONGCUT_HOME/system-tests/src/test/node/"{clients,page})

# install_real_clients: installs the clients and servers of RealClientsIT, the browser of PageIT, faketime for FaultsIT, and
# promtool for the metrics.
# A test that needs a missing program names it.
install_real_clients() {
  local needed
  local -a missing=()
  for needed in curl:curl python3:python3 node:nodejs npm:npm nginx:nginx-light chromium:chromium chromedriver:chromium-driver \
    faketime:faketime promtool:prometheus; do
    # The sbin directories may be missing on the PATH.
    PATH=$PATH:/usr/local/sbin:/usr/sbin command -v "${needed%%:*}" >/dev/null || missing+=("${needed#*:}")
  done
  if ((${#missing[@]} > 0)); then
    can_install && apt_update && apt_install "${missing[@]}" || return 1
  fi
  install_node_packages
}

# install_node_packages: installs exactly the packages of each package-lock.json, from npm's configured registry.
install_node_packages() {
  local directory
  for directory in "${NODE_PACKAGES[@]}"; do
    if [[ $directory/node_modules/.package-lock.json -nt $directory/package-lock.json ]]; then continue; fi
    say "installing the npm packages of ${directory#"$LONGCUT_HOME/"} ..."
    (cd "$directory" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 || return 1
  done
}
