# shellcheck shell=bash
# `longcut demo`: runs the whole relay, including RabbitMQ, on this machine. Sourced by the launcher, after install.sh.
# The demo is the parent of all its processes: it reports those that end, and stops them all when it ends itself.

readonly DEMO_DIR=$LONGCUT_HOME/.longcut/demo
readonly RABBITMQ_SECONDS=90
readonly READY_SECONDS=60
# Less than the roles' drain-timeout, so that stopping a demo does not wait for its slowest request.
# Stopping RabbitMQ takes longer: private-node itself waits a few seconds before it kills the node.
readonly STOP_SECONDS=10
readonly RABBITMQ_STOP_SECONDS=25

# In rabbitmq/demo-users.json, each user's password is the user's name.
readonly ADMIN=admin:admin
readonly VHOST=longcut

declare -A pid_of=() admin_port=()
started=() # names of the running children, in the order of their start
container='' # name of RabbitMQ's container, if there is one

demo_usage() {
  cat <<'USAGE'
Usage: ./longcut demo [OPTIONS]

Runs RabbitMQ, an echo server, an upstream agent, a broker and a client agent on this machine. Ctrl-C stops
all of them. Their logs are .longcut/demo/*.log.

  --port N             port of the client agent; 0 picks a free port (default: 8000)
  --brokers N          number of brokers (default: 1)
  --upstream-agents N  number of upstream agents (default: 1)
  --amqp URI           use this RabbitMQ instead of starting one; default vhost: longcut. With - the demo reads the
                       URI from its input, so that the list of processes shows no password
  --management URL     management UI of that RabbitMQ (default: http://<login and host of --amqp>:15672)

With --amqp:
  - The URI needs the login of an administrator with all permissions in the vhost.
  - rabbitmq/definitions.json and rabbitmq/demo-users.json must be loaded in that RabbitMQ. The processes log
    in as the users client-agent, broker and upstream-agent of the second file. Their passwords are public.

Without --amqp the demo starts a private node of the installed rabbitmq-server, beside the system's service.
On Debian and Ubuntu it installs the package if it is missing, without starting the service. If it cannot
install the package, it starts Docker's rabbitmq:4-management instead.
USAGE
}

# ---- Children ----

alive() { kill -0 "${pid_of[$1]}" 2>/dev/null; }

# start NAME COMMAND ARGUMENT...: starts a child with the files NAME.pid and NAME.log. The child has its own session, so
# that Ctrl-C at the terminal reaches only this script, which stops its children in order. If this script is killed,
# the kernel sends SIGTERM to the children.
start() {
  local name=$1
  shift
  local -a detached=(env)
  if command -v setsid >/dev/null; then detached=(setsid); fi
  if setpriv --help 2>/dev/null | grep -q -e --pdeathsig; then
    detached=(setpriv --pdeathsig TERM "${detached[@]}")
  fi
  "${detached[@]}" "$@" </dev/null >"$DEMO_DIR/$name.log" 2>&1 8>&- &
  pid_of[$name]=$!
  started+=("$name")
  printf '%s\n' "$!" >"$DEMO_DIR/$name.pid"
}

# forget_dead: removes children that have ended from the array `started`, and fills the array `dead` with one message for
# each of them.
forget_dead() {
  local name exit_code
  local -a living=()
  dead=()
  for name in ${started[@]+"${started[@]}"}; do
    if alive "$name"; then
      living+=("$name")
    else
      exit_code=0
      wait "${pid_of[$name]}" || exit_code=$?
      dead+=("$name (pid ${pid_of[$name]}) ended with exit code $exit_code; see .longcut/demo/$name.log")
      rm -f "$DEMO_DIR/$name.pid"
    fi
  done
  started=(${living[@]+"${living[@]}"})
}

# fail_if_dead: fails if a child has ended. The start of the demo needs all children.
fail_if_dead() {
  forget_dead
  if ((${#dead[@]} > 0)); then
    local name=${dead[0]%% *}
    say "last lines of $name.log:"
    tail -n 15 "$DEMO_DIR/$name.log" >&2
    die "${dead[0]}"
  fi
}

# stop SECONDS NAME...: sends SIGTERM to all of these children, and SIGKILL to those still alive after SECONDS.
stop() {
  local deadline=$((SECONDS + $1)) name
  shift
  local -a left=("$@") still
  for name; do
    # A child that was frozen with SIGSTOP must continue in order to end.
    if kill -TERM "${pid_of[$name]}" 2>/dev/null; then kill -CONT "${pid_of[$name]}" 2>/dev/null || true; fi
  done
  while ((${#left[@]} > 0)); do
    still=()
    for name in "${left[@]}"; do
      if ! alive "$name"; then
        rm -f "$DEMO_DIR/$name.pid"
      elif [[ -n $hurry ]] || ((SECONDS >= deadline)); then
        say "$name (pid ${pid_of[$name]}) has not ended after SIGTERM; sending SIGKILL"
        kill -KILL "${pid_of[$name]}" 2>/dev/null || true
        rm -f "$DEMO_DIR/$name.pid"
      else
        still+=("$name")
      fi
    done
    left=(${still[@]+"${still[@]}"})
    if ((${#left[@]} > 0)); then sleep 0.1 || true; fi
  done
}

# started_as PREFIX: sets the array `group` to the running children whose names begin with PREFIX.
started_as() {
  local name
  group=()
  for name in ${started[@]+"${started[@]}"}; do
    if [[ $name == "$1"* ]]; then group+=("$name"); fi
  done
}

# ignore_hang_up: trap of SIGHUP. Writing the message may fail, because the terminal may be gone.
ignore_hang_up() { say "SIGHUP ignored; to stop the demo: kill $$" || true; }

# stop_everything: stops the children in the order in which a request reaches them, client agents first, so that requests
# in flight are still answered.
stop_everything() {
  local kind
  # A second signal kills the remaining children at once.
  hurry=''
  trap 'hurry=yes' INT TERM
  rm -f "$DEMO_DIR/env"
  for kind in client-agent- broker- upstream-agent- echo; do
    started_as "$kind"
    if ((${#group[@]} > 0)); then stop "$STOP_SECONDS" "${group[@]}"; fi
  done
  started_as rabbitmq
  if ((${#group[@]} > 0)); then stop "$RABBITMQ_STOP_SECONDS" rabbitmq; fi
  rm -f "$DEMO_DIR/demo.pid"
  if [[ -n $container ]]; then docker rm --force "$container" >/dev/null 2>&1 || true; fi
}

# ---- Ports ----

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# http_ok PORT PATH: succeeds if an HTTP server on PORT answers 200. Uses bash, because curl may not be installed.
http_ok() {
  (
    status=''
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\n\r\n' "$2" "$1" >&3
    IFS= read -r -t 2 status <&3 || true
    [[ $status == 'HTTP/'*' 200'* ]]
  ) 2>/dev/null
}

# amqp_ok PORT: succeeds if RabbitMQ accepts connections on PORT: to the unknown version 0 it answers with its own version.
amqp_ok() {
  (
    greeting=''
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'AMQP\x00\x00\x00\x00' >&3
    IFS= read -r -t 2 -N 4 greeting <&3 || true
    [[ $greeting == AMQP ]]
  ) 2>/dev/null
}

# logged_port NAME EVENT: prints the port of the line "event=EVENT port=N" in a child's log, or nothing.
logged_port() {
  sed -n "s/.*event=$2 .*port=\([0-9][0-9]*\).*/\1/p;T;q" "$DEMO_DIR/$1.log"
}

# ---- Only one demo for each checkout ----

lock_demo() {
  command -v flock >/dev/null || die "the demo needs flock; install it (Debian, Ubuntu: apt-get install util-linux)"
  mkdir -p "$DEMO_DIR"
  exec 8>>"$DEMO_DIR/lock"
  flock -n 8 || die "a demo of this checkout is already running, pid $(cat "$DEMO_DIR/demo.pid" 2>/dev/null); stop it first"
  refuse_leftovers
  rm -f "$DEMO_DIR"/*.pid "$DEMO_DIR"/*.log "$DEMO_DIR/env"
  printf '%s\n' "$$" >"$DEMO_DIR/demo.pid"
}

# refuse_leftovers: fails if children of a killed demo are still running, which happens on a system without setpriv.
refuse_leftovers() {
  local file pid
  local -a pids=()
  for file in "$DEMO_DIR"/*.pid; do
    [[ -e $file ]] || continue
    pid=$(<"$file")
    if [[ $pid =~ ^[0-9]+$ && $(ps -o args= -p "$pid" 2>/dev/null) == *"$LONGCUT_HOME"* ]]; then
      pids+=("$pid")
    fi
  done
  ((${#pids[@]} == 0)) || die "processes of an earlier demo that was killed are still running; stop them: kill ${pids[*]}"
}

# ---- RabbitMQ ----

# use_given_rabbitmq: for --amqp. Sets scheme, address (host and port), vhost, admin_uri and management_url.
use_given_rabbitmq() {
  local userinfo host
  # The error does not show the URI, because the URI contains a password.
  [[ $given_amqp =~ ^(amqps?)://((([^@/?#,%]|%[0-9A-Fa-f]{2})*)@)?([^/?#@,]+)(/([^/?#@]*))?$ ]] ||
    usage_error "--amqp: expected amqp://user:password@host:port/vhost, with @ written as %40, / as %2F, ? as %3F, # as %23, a comma as %2C and % as %25 in the password"
  scheme=${BASH_REMATCH[1]}
  userinfo=${BASH_REMATCH[3]:-guest:guest}
  address=${BASH_REMATCH[5]}
  vhost=${BASH_REMATCH[7]:-$VHOST}
  admin_uri=$scheme://$userinfo@$address/$vhost
  host=$address
  if [[ $host =~ ^(.*):[0-9]+$ ]]; then host=${BASH_REMATCH[1]}; fi
  management_url=${given_management:-http://$userinfo@$host:15672}
}

use_local_rabbitmq() { # use_local_rabbitmq AMQP_PORT MANAGEMENT_PORT
  scheme=amqp address=127.0.0.1:$1 vhost=$VHOST
  admin_uri=$scheme://$ADMIN@$address/$vhost
  management_url=http://$ADMIN@127.0.0.1:$2
}

# find_rabbitmq: sets rabbitmq to given, installed or docker, or fails with the possible remedies.
find_rabbitmq() {
  if [[ -n $given_amqp ]]; then
    rabbitmq=given
  elif install_rabbitmq; then
    rabbitmq=installed
  elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
    rabbitmq=docker
  else
    die "found no RabbitMQ; install rabbitmq-server 3.10 or newer (Debian, Ubuntu: apt-get install" \
      "rabbitmq-server), start Docker, or use another RabbitMQ: --amqp amqp://user:password@host:port/longcut"
  fi
}

start_rabbitmq() {
  case $rabbitmq in
    given) use_given_rabbitmq ;;
    installed) start_private_node ;;
    docker) start_container ;;
  esac
}

start_private_node() {
  say "starting RabbitMQ ..."
  # Each demo starts with an empty RabbitMQ.
  rm -rf "$DEMO_DIR/rabbitmq"
  start rabbitmq "$LONGCUT_HOME/rabbitmq/private-node" run "$DEMO_DIR/rabbitmq"
  await "RabbitMQ" "$RABBITMQ_SECONDS" private_node_ready
  use_local_rabbitmq "$RABBITMQ_AMQP_PORT" "$RABBITMQ_MANAGEMENT_PORT"
}

private_node_ready() {
  [[ -e $DEMO_DIR/rabbitmq/node.env ]] || return 1
  # shellcheck source=/dev/null
  source "$DEMO_DIR/rabbitmq/node.env"
  amqp_ok "$RABBITMQ_AMQP_PORT" && http_ok "$RABBITMQ_MANAGEMENT_PORT" /
}

start_container() {
  local image=rabbitmq:4-management
  if ! docker image inspect "$image" >/dev/null 2>&1; then
    say "pulling $image ..."
    docker pull --quiet "$image" >/dev/null || die "could not pull the Docker image $image"
  fi
  say "starting RabbitMQ in a container ..."
  container=longcut-demo-$$
  # Copies, so that RabbitMQ's user in the container can read the files even if the checkout has a strict umask.
  install -D -m 0644 -t "$DEMO_DIR/container" \
    "$LONGCUT_HOME"/rabbitmq/{definitions.json,rabbitmq.conf,demo-users.json,demo-users.conf}
  start rabbitmq docker run --rm --name "$container" \
    --publish 127.0.0.1::5672 --publish 127.0.0.1::15672 \
    --volume "$DEMO_DIR/container/rabbitmq.conf:/etc/rabbitmq/conf.d/50-longcut.conf:ro,z" \
    --volume "$DEMO_DIR/container/demo-users.conf:/etc/rabbitmq/conf.d/60-demo-users.conf:ro,z" \
    --volume "$DEMO_DIR/container/definitions.json:/etc/rabbitmq/demo/1-definitions.json:ro,z" \
    --volume "$DEMO_DIR/container/demo-users.json:/etc/rabbitmq/demo/2-demo-users.json:ro,z" \
    "$image"
  await "RabbitMQ" "$RABBITMQ_SECONDS" container_ready
  use_local_rabbitmq "$(published 5672)" "$(published 15672)"
}

published() { # published PORT: prints the local port to which a port of the container is published
  docker port "$container" "$1/tcp" 2>/dev/null | sed -n '1s/.*://p'
}

container_ready() {
  local amqp management
  amqp=$(published 5672)
  management=$(published 15672)
  [[ -n $amqp && -n $management ]] && amqp_ok "$amqp" && http_ok "$management" /
}

# await WHAT SECONDS CHECK ARGUMENT...: waits until CHECK succeeds; fails if a child ends, or after SECONDS.
await() {
  local what=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@"; do
    fail_if_dead
    ((SECONDS < deadline)) || die "$what was not ready in time; see the logs .longcut/demo/*.log"
    sleep 0.1 || true # SIGHUP ends the sleep
  done
}

# ---- Our processes ----

# write_passwords: writes the password of each role's user into a file, because the list of processes shows their arguments.
write_passwords() {
  local role
  (
    umask 077
    mkdir -p "$DEMO_DIR/passwords"
    for role in client-agent broker upstream-agent; do printf '%s\n' "$role" >"$DEMO_DIR/passwords/$role"; done
  )
}

# start_role ROLE NUMBER ADMIN_PORT ARGUMENT...: starts a role with the RabbitMQ user of the role's name, whose password is
# that name. The first process of a role gets ADMIN_PORT if that port is free, the others get any free port.
start_role() {
  local role=$1 name=$1-$2 usual=$3 admin=0
  local command
  if (($2 == 1)) && ! answers "$usual"; then admin=$usual; fi
  shift 3
  java_command "$role"
  admin_port[$name]=$admin
  start "$name" env LONGCUT_AMQP_DEMO_PASSWORDS=allowed LONGCUT_AMQP_PLAIN_TEXT=allowed "${command[@]}" --id "$name" \
    --amqp "$scheme://$role@$address/$vhost" --amqp-password-file "$DEMO_DIR/passwords/$role" --admin-port "$admin" "$@"
}

start_echo() {
  local command
  java_command echo
  start echo "${command[@]}" --port 0
}

echo_ready() {
  echo_url=$(sed -n 's/^ready: //p' "$DEMO_DIR/echo.log")
  [[ -n $echo_url ]]
}

role_ready() { # role_ready NAME
  if ((admin_port[$1] == 0)); then
    admin_port[$1]=$(logged_port "$1" admin_listening)
    if [[ -z ${admin_port[$1]} ]]; then
      admin_port[$1]=0
      return 1
    fi
  fi
  http_ok "${admin_port[$1]}" /readyz
}

client_port_known() {
  ((port != 0)) || port=$(logged_port client-agent-1 http_listening)
  [[ -n $port ]] || port=0
  ((port != 0))
}

start_roles() {
  local number name
  say "starting the relay ..."
  write_passwords
  start_echo
  for ((number = 1; number <= brokers; number++)); do start_role broker "$number" 8002; done
  start_role client-agent 1 8001 --port "$port" --upstream-target echo
  await "the echo server" "$READY_SECONDS" echo_ready
  for ((number = 1; number <= upstream_agents; number++)); do
    start_role upstream-agent "$number" 8003 --target "echo=$echo_url"
  done
  for name in "${started[@]}"; do
    case $name in
      rabbitmq | echo) ;;
      *) await "$name" "$READY_SECONDS" role_ready "$name" ;;
    esac
  done
  await "the client agent's port" "$READY_SECONDS" client_port_known
}

# admin_urls PREFIX: prints the addresses of the admin pages of the processes whose names begin with PREFIX.
admin_urls() {
  local name urls=''
  for name in "${started[@]}"; do
    if [[ -n ${admin_port[$name]:-} && $name == "$1"* ]]; then urls+=,http://127.0.0.1:${admin_port[$name]}; fi
  done
  printf '%s\n' "${urls#,}"
}

write_env() {
  (
    umask 077
    {
      printf '# Source this file in a shell to start more processes for this demo.\n'
      printf 'export LONGCUT_AMQP_URI=%q\n' "$admin_uri"
      # As for the demo's own processes.
      [[ $address == 127.0.0.1:* ]] || printf 'export LONGCUT_AMQP_PLAIN_TEXT=allowed\n'
      printf 'export LONGCUT_MANAGEMENT_URL=%q\n' "$management_url"
      # No %q, because these lists contain nothing to quote.
      printf 'export LONGCUT_BROKER_ADMIN_URL=%s\n' "$(admin_urls broker-)"
      printf 'export LONGCUT_ADMIN_URLS=%s\n' "$(admin_urls '')"
      printf 'export LONGCUT_DEMO_DIR=%q\n' "$DEMO_DIR"
    } >"$DEMO_DIR/env.new"
  )
  mv "$DEMO_DIR/env.new" "$DEMO_DIR/env"
}

print_ready() {
  local login=${management_url#*://} url
  login=${login%@*}
  url=${management_url%%://*}://${management_url##*@}
  # A password from --amqp or --management is not printed.
  if [[ $rabbitmq == given ]]; then login=${login%%:*}; else login="${login%%:*}, password ${login#*:}"; fi
  cat <<READY
ready: http://127.0.0.1:$port

  Send a request      curl -i 'http://127.0.0.1:$port/hello?x=1'
  RabbitMQ's UI       $url   user $login
  Show the state      ./longcut status
  Find faults         ./longcut doctor
  Show the messages   ./longcut tap
  Logs                .longcut/demo/*.log
  Shell variables     source .longcut/demo/env
  Stop                Ctrl-C
READY
}

# watch_children: reports children that end; does not return.
watch_children() {
  local line
  while true; do
    forget_dead
    for line in ${dead[@]+"${dead[@]}"}; do say "$line" || true; done
    # Sleep in the background, because bash handles signals only after a foreground command ends. Close the lock (file
    # descriptor 8), because the sleep may outlive the demo. Check only every 2 s, because a demo may run for days.
    sleep 2 >/dev/null 2>&1 8>&- &
    wait "$!" || true
  done
}

# count OPTION VALUE: prints the value if it is a number from 1 to 999, else fails.
count() {
  [[ $2 =~ ^[1-9][0-9]{0,2}$ ]] || usage_error "$1: expected a number from 1 to 999, found '$2'"
  printf '%s\n' "$2"
}

warn_of_password() { # warn_of_password OPTION URI
  if [[ $2 =~ ://[^/@]*:[^/@]+@ ]]; then
    say "warning: the list of processes shows the password of $1 to every user of this machine; see ./longcut demo --help"
  fi
}

parse_options() {
  port=8000 brokers=1 upstream_agents=1 given_amqp='' given_management=''
  while (($# > 0)); do
    case $1 in
      --help | -h)
        demo_usage
        exit 0
        ;;
      --*=*)
        set -- "${1%%=*}" "${1#*=}" "${@:2}"
        continue
        ;;
      --port | --brokers | --upstream-agents | --amqp | --management)
        (($# > 1)) || usage_error "$1 needs a value"
        ;;
      *) usage_error "demo: unknown option '${1##*@}'" ;;
    esac
    case $1 in
      --port)
        if ! [[ $2 =~ ^(0|[1-9][0-9]{0,4})$ ]] || (($2 > 65535)); then
          usage_error "--port: expected a port from 0 to 65535, found '$2'"
        fi
        port=$2
        ;;
      --brokers) brokers=$(count "$1" "$2") ;;
      --upstream-agents) upstream_agents=$(count "$1" "$2") ;;
      --amqp)
        given_amqp=$2
        if [[ $2 == - ]]; then
          IFS= read -r given_amqp || usage_error "--amqp -: expected a URI in the input"
        else
          warn_of_password "$1" "$2"
        fi
        ;;
      --management)
        given_management=$2
        warn_of_password "$1" "$2"
        ;;
    esac
    shift 2
  done
  [[ -z $given_management || -n $given_amqp ]] || usage_error "--management is only valid together with --amqp"
  if [[ -n $given_amqp ]]; then use_given_rabbitmq; fi
}

demo() {
  parse_options "$@"
  lock_demo
  if ((port != 0)) && answers "$port"; then
    die "port $port is in use; choose another with --port N"
  fi
  install_jdk 8>&-
  install_maven 8>&-
  find_rabbitmq 8>&-
  build_if_needed client-agent broker upstream-agent cli 8>&-
  trap stop_everything EXIT
  # A signal during the start makes the demo fail.
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap ignore_hang_up HUP
  start_rabbitmq
  start_roles
  write_env
  print_ready
  trap 'say "stopping ..." || true; exit 0' INT TERM
  watch_children
}
