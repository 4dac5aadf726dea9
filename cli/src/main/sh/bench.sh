# shellcheck shell=bash
# `longcut bench`: installs the tools of the benchmarks and replaces the launcher with their Java process. Sourced by the
# launcher, after install.sh.

# install_program PROGRAM PACKAGE PURPOSE: installs the package if the program is missing; starts no service.
install_program() {
  if command -v "$1" >/dev/null; then return 0; fi
  can_install || die "bench needs $1 ($3): install it (Debian, Ubuntu: apt-get install $2)"
  apt_update
  apt_install "$2"
  command -v "$1" >/dev/null || die "installed the package $2, but found no $1 on the PATH"
}

# nginx is in a directory that usually only root has on the PATH.
install_nginx() {
  PATH=$PATH:/usr/sbin
  install_program nginx nginx-light "the upstream server"
}

# shellcheck disable=SC2154 # the launcher's java_command sets java_home and jvm
bench() {
  install_jdk
  install_maven
  install_rabbitmq || die "bench needs RabbitMQ 3.10 or newer: install it (Debian, Ubuntu: apt-get install rabbitmq-server)"
  install_nginx
  install_program wrk wrk "the load generator"
  build_if_needed client-agent broker upstream-agent cli benchmarks
  java_command bench
  local classes=$LONGCUT_HOME/benchmarks/target
  if [[ ${1:-} == --jmh ]]; then
    shift
    exec "$java_home/bin/java" -cp "$classes/longcut-benchmarks.jar:$classes/lib/*" org.openjdk.jmh.Main "$@"
  fi
  exec "$java_home/bin/java" "${jvm[@]}" "-Dlongcut.root=$LONGCUT_HOME" \
    -cp "$classes/longcut-benchmarks.jar:$classes/lib/*" io.github.httplongcut.bench.BenchCommand "$@"
}
