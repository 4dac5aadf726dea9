package io.github.httplongcut.cli.doctor;

import org.junit.jupiter.api.Test;

class ProductionUserChecksTest {

  private final DoctorFixture fixture = new DoctorFixture();

  @Test
  void passwordsOfTheDemoFail() {
    fixture.assertFails(
        Finding.PRODUCTION_PASSWORDS, "the password of user broker is the user's name");
    for (String user : new String[] {"admin", "client-agent", "broker", "upstream-agent"}) {
      fixture.management.element("/api/users", "name", user).put("password_hash", "");
    }
    fixture.assertOk(Finding.PRODUCTION_PASSWORDS, "no user");
  }

  @Test
  void guestMustBeDeleted() {
    fixture.assertOk(Finding.PRODUCTION_GUEST, "no user guest");
    fixture.management.add("/api/users", "{\"name\": \"guest\", \"tags\": [\"administrator\"]}");
    fixture.assertFails(Finding.PRODUCTION_GUEST, "RabbitMQ has the user guest");
  }

  @Test
  void aUserOfAProcessHasNoTags() {
    fixture.assertOk(Finding.PRODUCTION_USERS, "client-agent");
    fixture
        .management
        .element("/api/users", "name", "client-agent")
        .putArray("tags")
        .add("monitoring");
    fixture.assertFails(Finding.PRODUCTION_USERS, "user client-agent has the tag monitoring");
  }

  @Test
  void anAdministratorMustNotRunAnAgent() {
    fixture.status(
        DoctorFixture.target("ok", ""),
        DoctorFixture.agent("good", 120, "").replace("plant.plant", "admin.plant"));
    fixture.assertFails(Finding.PRODUCTION_USERS, "user admin has the tag administrator");
  }

  @Test
  void tenantsHaveLimitsAndBrokersManyChannels() {
    fixture.assertFails(Finding.PRODUCTION_LIMITS, "user client-agent has no limit");
    String tenant = "{\"user\": \"%s\", \"value\": {\"max-connections\": 4, \"max-channels\": 40}}";
    limits(tenant.formatted("client-agent") + "," + tenant.formatted("upstream-agent"));
    fixture.assertOk(Finding.PRODUCTION_LIMITS, "limited");
    limits(
        tenant.formatted("client-agent")
            + ","
            + tenant.formatted("upstream-agent")
            + ","
            + tenant.formatted("broker"));
    fixture.assertFails(
        Finding.PRODUCTION_LIMITS, "broker's user broker may open only 40 channels");
  }

  private void limits(String limits) {
    fixture.management.page("/api/user-limits", "[" + limits + "]");
  }
}
