package io.github.httplongcut.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.httplongcut.client.ClientAgentConfig.OnHangUp;
import io.github.httplongcut.client.ClientAgentConfig.Route;
import io.github.httplongcut.client.ClientAgentConfig.Routing;
import io.github.httplongcut.client.Routes.Destination;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoutesTest {

  private static final Routes ROUTES =
      new Routes(
          new Routing(
              List.of(
                  route("", "/", false, "any"),
                  route("", "/api", true, "api"),
                  route("", "/api/v2/deep", false, "deep"),
                  route("", "/api/v2", true, "api2"),
                  route("shop.example", "/", false, "shop"),
                  route("shop.example", "/cart", true, "cart"),
                  route("[::1]", "/", false, "v6")),
              Optional.of("default"),
              OnHangUp.CANCEL));

  @ParameterizedTest
  @CsvSource({
    "h, /, any, /, ''",
    "h, /x?y=1, any, /x?y=1, ''",
    "h, *, any, *, ''",
    "h, /api, api, /, /api",
    "h, /api/, api, /, /api",
    "h, /api?q=1, api, /?q=1, /api",
    "h, /api/x%2Fy;z=1?q=%20, api, /x%2Fy;z=1?q=%20, /api",
    "h, /api//evil, api, //evil, /api",
    "h, /apix, any, /apix, ''",
    "h, /API, any, /API, ''",
    "h, /%61pi, any, /%61pi, ''",
    "h, /api;v=1, any, /api;v=1, ''",
    "h, /api/v2/deep/er, deep, /api/v2/deep/er, ''",
    "h, /api/v2/x, api2, /x, /api/v2",
    "shop.example, /api/v2/x, shop, /api/v2/x, ''",
    "shop.example, /cart/1, cart, /1, /cart",
    "Shop.EXAMPLE:8080, /cart, cart, /, /cart",
    "'', /, any, /, ''",
    "[::1]:8000, /, v6, /, ''",
    "[::1], /, v6, /, ''",
  })
  void theMostSpecificRouteDecides(
      String authority, String url, String target, String sent, String stripped) {
    assertThat(ROUTES.find(authority, url))
        .contains(new Destination(target, sent, stripped, OnHangUp.CANCEL));
  }

  @Test
  void aRequestThatMatchesNoRouteGoesToTheDefaultTarget() {
    Routing routing =
        new Routing(
            List.of(route("a.example", "/x", false, "x")), Optional.of("rest"), OnHangUp.FINISH);

    assertThat(new Routes(routing).find("b.example", "/x"))
        .contains(new Destination("rest", "/x", "", OnHangUp.FINISH));
  }

  @Test
  void withoutADefaultThereIsNoRoute() {
    assertThat(new Routes(new Routing(List.of(), Optional.empty(), OnHangUp.CANCEL)).find("h", "/"))
        .isEmpty();
  }

  private static Route route(String host, String path, boolean strip, String target) {
    return new Route(
        Optional.of(host).filter(name -> !name.isEmpty()), path, strip, target, OnHangUp.CANCEL);
  }
}
