package io.github.httplongcut.process;

import io.github.httplongcut.admin.AdminConfig;
import io.github.httplongcut.admin.AdminPages;
import io.github.httplongcut.admin.AdminServer;
import io.github.httplongcut.admin.ProcessDescription;
import io.github.httplongcut.admin.ProcessInfo;
import io.github.httplongcut.admin.ProcessMetrics;
import io.github.httplongcut.admin.ProcessPages;
import io.github.httplongcut.admin.Readiness;
import io.github.httplongcut.amqp.RabbitMqSession;
import io.github.httplongcut.config.Role;
import io.github.httplongcut.config.StartException;
import io.github.httplongcut.loop.Loop;
import io.github.httplongcut.otlp.OtlpExport;
import io.github.httplongcut.protocol.ProcessId;
import io.github.httplongcut.session.Member;
import io.github.httplongcut.session.Session;
import io.github.httplongcut.session.SessionState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
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
  private final ProcessInfo process;
  private final AdminServer admin;

  RoleRuntime(
      ProcessDescription description,
      ProcessMetrics metrics,
      Loop loop,
      Session session,
      AdminConfig adminConfig) {
    this.id = description.id().get();
    this.metrics = metrics;
    this.loop = loop;
    this.session = session;
    readiness.set("rabbitmq", () -> stateOf(session));
    Gauge.builder("longcut.ready", readiness, it -> it.isReady() ? 1 : 0)
        .description("1 while the process is ready, as /readyz says, else 0")
        .register(metrics.registry());
    process = new ProcessInfo(description, readiness);
    admin = new AdminServer(adminConfig, readiness, metrics);
    ProcessPages.add(admin.pages(), process, description.settings());
  }

  /**
   * Builds the parts of a process. None is started but the export of metrics.
   *
   * @param settings the effective settings as text, with passwords hidden
   * @param plans returns the plans of the process with this first id
   */
  public static RoleRuntime create(
      Role role, RoleConfig config, String settings, Function<ProcessId, Member.Plans> plans) {
    ProcessId id = ProcessId.create(config.amqp().user(), config.name());
    ProcessMetrics metrics =
        new ProcessMetrics(role, config.otlp().map(otlp -> OtlpExport.start(otlp, role, id)));
    Loop loop = new Loop(role.key());
    AtomicReference<ProcessId> currentId = new AtomicReference<>(id);
    Member member =
        new Member(role.key(), id, noting(currentId, role, plans.apply(id)), config.ackTimeout());
    Session session = new RabbitMqSession(config.amqp(), member, loop, metrics.registry());
    return new RoleRuntime(
        new ProcessDescription(role, config.name(), currentId::get, settings),
        metrics,
        loop,
        session,
        config.admin());
  }

  /** Returns the plans, which note each new id of the process. A client agent keeps its id. */
  private static Member.Plans noting(
      AtomicReference<ProcessId> currentId, Role role, Member.Plans plans) {
    return (id, generation) -> {
      if (role != Role.CLIENT_AGENT) {
        currentId.set(id);
      }
      return plans.plan(id, generation);
    };
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

  /** Returns the admin pages, to which the role may add its own before the start. */
  public AdminPages pages() {
    return admin.pages();
  }

  /** Returns the description of the process, for pages of the role. */
  public ProcessInfo process() {
    return process;
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
