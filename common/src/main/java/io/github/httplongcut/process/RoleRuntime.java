package io.github.httplongcut.process;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.admin.AdminServer;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.amqp.RabbitMqSession;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionState;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parts that every process has around its role: id, metrics, loop, session with RabbitMQ, readiness
 * and admin pages. The role is built from them; {@link #start} starts both.
 */
public final class RoleRuntime {

  /** Limit for the confirms of the last publications, and for the writing of the last acks. */
  private static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(RoleRuntime.class);

  private final ProcessId id;
  private final ProcessMetrics metrics;
  private final Loop loop;
  private final Session session;
  private final Readiness readiness = new Readiness();
  private final AdminServer admin;

  RoleRuntime(
      ProcessId id, ProcessMetrics metrics, Loop loop, Session session, AdminConfig adminConfig) {
    this.id = id;
    this.metrics = metrics;
    this.loop = loop;
    this.session = session;
    readiness.set("rabbitmq", () -> stateOf(session));
    admin = new AdminServer(adminConfig, readiness, metrics);
  }

  /**
   * Builds the parts of a process. None is started.
   *
   * @param plans returns the plans of the process with this first id
   */
  public static RoleRuntime create(
      Role role, RoleConfig config, Function<ProcessId, Member.Plans> plans) {
    ProcessId id = ProcessId.create(config.amqp().user(), config.name());
    ProcessMetrics metrics = new ProcessMetrics(role);
    Loop loop = new Loop(role.key());
    Member member = new Member(role.key(), id, plans.apply(id), config.ackTimeout());
    Session session = new RabbitMqSession(config.amqp(), member, loop, metrics.registry());
    return new RoleRuntime(id, metrics, loop, session, config.admin());
  }

  /** Returns the process's first id. */
  public ProcessId id() {
    return id;
  }

  /** Returns the registry for the role's meters. */
  public MeterRegistry registry() {
    return metrics.registry();
  }

  /** Returns the loop, which the role starts. */
  public Loop loop() {
    return loop;
  }

  /** Returns the session on the loop, which the role starts. */
  public Session session() {
    return session;
  }

  /** Returns the readiness, to which the role may add conditions before the start. */
  public Readiness readiness() {
    return readiness;
  }

  /** Returns the port of the admin pages, once they are started. */
  int adminPort() {
    return admin.port();
  }

  /**
   * Starts the process. The admin pages start first: a taken port is the most likely failure, and
   * nothing else has to be undone then.
   *
   * @return stops the process
   * @throws StartException if the process cannot listen on one of its addresses
   */
  public AutoCloseable start(RelayRole role) {
    try {
      admin.start();
    } catch (StartException e) {
      closePages();
      throw e;
    }
    role.start();
    return () -> stop(role);
  }

  private void stop(RelayRole role) throws InterruptedException {
    // Before the drain, so that load balancers choose other processes before this one refuses work.
    readiness.stopping();
    role.drain();
    if (!session.flush(FLUSH_TIMEOUT)) {
      log.warn("event=last_words_unconfirmed");
    }
    // Before the rest of the role, so that RabbitMQ gives unacked messages to others at once.
    session.close();
    role.close();
    // After session and role, whose last outcomes and results are tasks of the loop.
    loop.close();
    // Last, so that operators can watch the drain.
    closePages();
  }

  private void closePages() {
    admin.close();
    metrics.close();
  }

  private static Readiness.State stateOf(Session session) {
    SessionState state = session.state();
    return new Readiness.State(state.isHealthy(), state.describe());
  }
}
