package io.github.httplongcut.cli.doctor;

import java.util.Locale;

/**
 * Everything that the doctor checks, in the order in which it prints the results. Each finding has
 * an entry in {@code docs/operations.md}.
 */
enum Finding {
  CONFIG_FILE(
      CheckCategory.CONFIG,
      "correct the settings; './longcut ROLE --config FILE --check-config' prints them as the"
          + " process reads them"),
  CONFIG_SECRETS(
      CheckCategory.CONFIG,
      "make the file readable for its owner only (chmod 600 FILE), and use no password of"
          + " rabbitmq/demo-users.json"),

  NETWORK_RESOLVE(
      CheckCategory.NETWORK,
      "correct the host name in the address, or this machine's DNS; 'getent hosts NAME' must print"
          + " an address"),
  NETWORK_RABBITMQ(
      CheckCategory.NETWORK,
      "start RabbitMQ, or correct host and port of the address; a firewall must let TCP connections"
          + " through"),
  NETWORK_MANAGEMENT(
      CheckCategory.NETWORK,
      "enable the plugin on RabbitMQ's node (rabbitmq-plugins enable rabbitmq_management), or"
          + " correct --management"),
  NETWORK_BROKERS(
      CheckCategory.NETWORK,
      "start the process, or correct --broker; admin pages listen on 127.0.0.1 by default, so run"
          + " the doctor on the same machine"),

  TLS_RABBITMQ(
      CheckCategory.TLS,
      "set longcut.amqp.tls.ca-file to the CA that signed RabbitMQ's certificate, and use a host"
          + " name that the certificate contains"),
  TLS_EXPIRY(CheckCategory.TLS, "renew the certificate, and restart or reload what serves it"),
  TLS_INSECURE(CheckCategory.TLS, "use amqps and https, set ca-file, and remove 'insecure = true'"),

  RABBITMQ_RESPONDS(
      CheckCategory.RABBITMQ,
      "restart RabbitMQ's node; its log and 'rabbitmq-diagnostics status' tell what it waits for"),
  RABBITMQ_LOGIN(
      CheckCategory.RABBITMQ,
      "correct user and password; 'rabbitmqctl change_password USER' sets a password, which it reads"
          + " from its input"),
  RABBITMQ_VERSION(CheckCategory.RABBITMQ, "upgrade RabbitMQ to a version from 3.10 to 4.3"),
  RABBITMQ_ALARMS(
      CheckCategory.RABBITMQ,
      "free memory or disk space on RabbitMQ's node, or raise its limit; 'rabbitmq-diagnostics"
          + " alarms' lists the alarms"),
  RABBITMQ_CLUSTER(
      CheckCategory.RABBITMQ,
      "start the nodes that are down; 'rabbitmq-diagnostics cluster_status' shows all of them"),
  RABBITMQ_BALANCER(
      CheckCategory.RABBITMQ,
      "give every process the addresses of all nodes, separated by commas, and not that of a load"
          + " balancer"),

  TOPOLOGY_VHOST(
      CheckCategory.TOPOLOGY,
      "correct the vhost at the end of the address, or create it: rabbitmqctl import_definitions"
          + " rabbitmq/definitions.json"),
  TOPOLOGY_EXCHANGES(
      CheckCategory.TOPOLOGY,
      "import the definitions (rabbitmqctl import_definitions rabbitmq/definitions.json), then make"
          + " the processes bind their queues again: rabbitmqctl close_all_connections -p VHOST"
          + " 'bindings were lost'; on RabbitMQ 4.3 set the users' topic permissions on the"
          + " exchange first, which were deleted with it"),
  TOPOLOGY_QUEUES(
      CheckCategory.TOPOLOGY,
      "import the definitions: rabbitmqctl import_definitions rabbitmq/definitions.json"),
  TOPOLOGY_POLICIES(
      CheckCategory.TOPOLOGY,
      "import the definitions: rabbitmqctl import_definitions rabbitmq/definitions.json"),
  TOPOLOGY_BACKLOG(
      CheckCategory.TOPOLOGY,
      "start more brokers or more upstream agents; './longcut status' shows which of them are"
          + " full"),

  PERMISSIONS_USER(
      CheckCategory.PERMISSIONS,
      "give the user the permissions of its role: docs/permissions.md has the commands"),
  PERMISSIONS_WIDE(
      CheckCategory.PERMISSIONS,
      "limit the user to the permissions of its role (docs/permissions.md has the commands), then"
          + " close its connections, since RabbitMQ remembers permissions: rabbitmqctl"
          + " close_all_user_connections USER 'permissions changed'"),
  PERMISSIONS_TOPICS(
      CheckCategory.PERMISSIONS,
      "give the user the topic permissions of its role (rabbitmqctl set_topic_permissions):"
          + " docs/permissions.md has the commands"),

  TARGETS_AGENTS(
      CheckCategory.TARGETS,
      "remove what its last agent said, or start an upstream agent for the target: ./longcut"
          + " upstream-agent --target NAME=URL"),
  TARGETS_CAPACITY(
      CheckCategory.TARGETS, "start more upstream agents for the target, or raise its capacity"),
  TARGETS_SERVER(
      CheckCategory.TARGETS,
      "start the upstream server, or correct the target's url in the upstream agent's settings"),
  TARGETS_HEALTH(
      CheckCategory.TARGETS,
      "repair the upstream server, or correct health-check.path; the path must answer with a status"
          + " of 2xx or 3xx"),
  TARGETS_CERTIFICATE(
      CheckCategory.TARGETS,
      "renew the upstream server's certificate, and make the server load it"),

  RELAY_BROKERS(
      CheckCategory.RELAY,
      "start a broker: ./longcut broker --amqp URI; its log tells why it does not connect"),
  RELAY_READY(
      CheckCategory.RELAY,
      "remove the cause that the process names; its log (/api/log) has the details"),
  RELAY_INBOXES(
      CheckCategory.RELAY,
      "continue the process if it is suspended (kill -CONT PID), else restart it; RabbitMQ removes"
          + " the inbox of a process that has ended after a minute"),
  RELAY_VERSIONS(
      CheckCategory.RELAY,
      "install one major version everywhere; its changelog says in which order"),
  RELAY_ERRORS(
      CheckCategory.RELAY,
      "look the codes up in docs/errors.md; './longcut trace ID' shows the way of one request"),

  PRODUCTION_ENCRYPTION(
      CheckCategory.PRODUCTION,
      "use amqps and https with ca-file, remove 'insecure = true', and let RabbitMQ listen without"
          + " TLS on a loopback address only (listeners.tcp)"),
  PRODUCTION_PASSWORDS(
      CheckCategory.PRODUCTION,
      "delete the users of rabbitmq/demo-users.json (rabbitmqctl delete_user USER), or set another"
          + " password, which rabbitmqctl reads from its input: rabbitmqctl change_password USER"),
  PRODUCTION_GUEST(CheckCategory.PRODUCTION, "delete the user: rabbitmqctl delete_user guest"),
  PRODUCTION_USERS(
      CheckCategory.PRODUCTION,
      "give each party a user of its own, without tags (rabbitmqctl set_user_tags USER), with the"
          + " permissions of one role"),
  PRODUCTION_LIMITS(
      CheckCategory.PRODUCTION,
      "limit the user for N processes: rabbitmqctl set_user_limits USER '{\"max-connections\": 4N,"
          + " \"max-channels\": 40N}'; a broker's user needs at least 1010 channels for each"
          + " broker, or no limit"),
  PRODUCTION_ADMIN(
      CheckCategory.PRODUCTION,
      "set admin.host to 127.0.0.1 (LONGCUT_ADMIN_HOST), or set admin.token-file"),
  PRODUCTION_CAPTURE(
      CheckCategory.PRODUCTION,
      "set longcut.broker.inspect.capture to false, and restart the broker"),
  PRODUCTION_MANAGEMENT(
      CheckCategory.PRODUCTION,
      "set management.tcp.ip = 127.0.0.1 in rabbitmq.conf, or use management.ssl"),
  PRODUCTION_PROTOCOL(
      CheckCategory.PRODUCTION,
      "put a proxy in front of RabbitMQ that passes only AMQP 0-9-1: docs/security.md has one");

  /** Page with an entry for each finding but those of the checklist. */
  static final String PAGE = "docs/operations.md";

  /** Checklist before production, which names its findings. */
  static final String CHECKLIST = "docs/security.md#the-checklist-before-production";

  private final CheckCategory category;
  private final String remedy;

  Finding(CheckCategory category, String remedy) {
    this.category = category;
    this.remedy = remedy;
  }

  CheckCategory category() {
    return category;
  }

  /** Returns the usual remedy. */
  String remedy() {
    return remedy;
  }

  /** Returns the id, such as {@code rabbitmq.login}. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '.');
  }

  /** Returns the anchor of the entry, such as {@code rabbitmq-login}. */
  String anchor() {
    return id().replace('.', '-');
  }

  /** Returns the path of the entry, from the root of the checkout. */
  String entry() {
    return category == CheckCategory.PRODUCTION ? CHECKLIST : PAGE + '#' + anchor();
  }
}
