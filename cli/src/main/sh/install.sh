# shellcheck shell=bash
# Sets up what `longcut demo` and `longcut test` need: sourced by the launcher, on Debian and its
# relatives only, as root or with sudo. Nothing installed here ever starts a system service.

readonly RABBITMQ_NEEDED=3.10

apt_updated=''

# can_install: apt-get is there and we may use it. Sets as_root, the prefix of a privileged command.
can_install() {
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  as_root=(env)
  if ((EUID == 0)); then return 0; fi
  command -v sudo >/dev/null || return 1
  as_root=(sudo)
  # Without a terminal nobody could type the password.
  [[ -t 0 && -t 2 ]] || sudo -n true 2>/dev/null
}

# apt_install PACKAGE...: installs them, their services neither started now nor at the next boot.
apt_install() {
  say "installing $* ..."
  "${as_root[@]}" bash "$LONGCUT_HOME/cli/src/main/sh/apt-install" "$@" >&2
}

# first_available PACKAGE...: prints the first of them that apt can install, after an update if need be.
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

# apt_update: once is enough.
apt_update() {
  [[ -z $apt_updated ]] || return 0
  say "apt-get update ..."
  "${as_root[@]}" apt-get update -qq >&2 && apt_updated=yes
}

install_jdk() {
  local package
  if find_java javac >/dev/null; then return; fi
  can_install || die "no JDK $JAVA_NEEDED or newer in JAVA_HOME or on the PATH, and no apt-get with root" \
    "or sudo to install it: install a JDK (Debian: default-jdk-headless) or set JAVA_HOME"
  apt_update
  # The default JDK of an older Ubuntu is 11, a newer Debian has no 17.
  package=$(first_available openjdk-17-jdk-headless openjdk-21-jdk-headless openjdk-25-jdk-headless) ||
    package=default-jdk-headless
  apt_install "$package"
  find_java javac >/dev/null || die "installed $package, and still find no JDK $JAVA_NEEDED or newer"
}

# The wrapper downloads Maven by itself, where there is something to download with.
install_maven() {
  if command -v mvn >/dev/null || command -v curl >/dev/null || command -v wget >/dev/null; then return; fi
  can_install || die "no Maven, and neither curl nor wget for ./mvnw: install one of them"
  apt_update
  apt_install maven
}

# version_at_least VERSION NEEDED
version_at_least() {
  [[ $(printf '%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

# has_rabbitmq: there is one for rabbitmq/private-node.
has_rabbitmq() {
  local home
  if [[ -n ${LONGCUT_RABBITMQ_HOME:-} ]]; then return 0; fi
  for home in /usr/lib/rabbitmq/lib/rabbitmq_server-*; do
    if [[ -x $home/sbin/rabbitmq-server ]] && version_at_least "${home##*-}" "$RABBITMQ_NEEDED"; then return 0; fi
  done
  return 1
}

# install_rabbitmq: fails where it cannot; the caller knows another way or says what to do.
install_rabbitmq() {
  local candidate
  if has_rabbitmq; then return 0; fi
  can_install && apt_update || return 1
  candidate=$(apt-cache policy rabbitmq-server | sed -n 's/^ *Candidate: \([0-9][0-9.]*\).*/\1/p')
  [[ -n $candidate ]] && version_at_least "$candidate" "$RABBITMQ_NEEDED" || return 1
  apt_install rabbitmq-server && has_rabbitmq
}

readonly NODE_PACKAGES=$LONGCUT_HOME/system-tests/src/test/node/clients

# install_real_clients: the clients and servers of RealClientsIT, and what sets the clocks of FaultsIT. Where it cannot, those
# tests say what is missing.
install_real_clients() {
  local needed
  local -a missing=()
  for needed in curl:curl python3:python3 node:nodejs npm:npm nginx:nginx-light chromium:chromium faketime:faketime; do
    # Not everybody has the sbin directories on the PATH.
    PATH=$PATH:/usr/local/sbin:/usr/sbin command -v "${needed%%:*}" >/dev/null || missing+=("${needed#*:}")
  done
  if ((${#missing[@]} > 0)); then
    can_install && apt_update && apt_install "${missing[@]}" || return 1
  fi
  install_node_packages
}

# install_node_packages: exactly those of package-lock.json, from the registry that npm is set to.
install_node_packages() {
  if [[ $NODE_PACKAGES/node_modules/.package-lock.json -nt $NODE_PACKAGES/package-lock.json ]]; then return 0; fi
  say "installing the npm packages of system-tests ..."
  (cd "$NODE_PACKAGES" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
}
