package io.github.httplongcut.cli.doctor;

import java.util.Optional;

/**
 * Everything that the checks may look at.
 *
 * @param amqp RabbitMQ by AMQP; empty if no address is given
 * @param management RabbitMQ's management API; empty without a login for it
 */
record Facts(
    Given given,
    NetworkView network,
    Optional<AmqpView> amqp,
    Optional<ManagementFacts> management,
    RelayFacts relay) {

  /**
   * Returns AMQP.
   *
   * @throws SkippedException if no address is given
   */
  AmqpView requiredAmqp() {
    return amqp.orElseThrow(
        () -> new SkippedException("no address of RabbitMQ: give --amqp or --config"));
  }

  /**
   * Returns the management API.
   *
   * @throws SkippedException if there is no login for it, or if it does not answer
   */
  ManagementFacts requiredManagement() {
    ManagementFacts found =
        management.orElseThrow(
            () ->
                new SkippedException(
                    "needs --management with an operator's login, which a tenant does not have"));
    try {
      found.user();
      return found;
    } catch (Exception e) {
      throw new SkippedException("the management API does not answer, or refuses the login");
    }
  }
}
