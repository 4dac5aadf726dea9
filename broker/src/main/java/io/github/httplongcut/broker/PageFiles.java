package io.github.httplongcut.broker;

import io.github.httplongcut.admin.AdminPages;
import java.util.List;

/**
 * Files of the broker's page, which shows the state of the relay in a browser. The page itself is
 * served at {@code /}, its files below {@code /page/}.
 */
final class PageFiles {

  /** Directory on the class path. */
  static final String DIRECTORY = "page/";

  static final String INDEX = "index.html";

  /** All files except the index, by their paths below {@link #DIRECTORY}. */
  static final List<String> FILES =
      List.of(
          "charts.mjs",
          "colours.css",
          "connection.mjs",
          "curl.mjs",
          "dom.mjs",
          "flowlayout.mjs",
          "format.mjs",
          "icon.svg",
          "json.mjs",
          "main.mjs",
          "narrow.css",
          "page.css",
          "parts.css",
          "parts.mjs",
          "requests.css",
          "requestlist.mjs",
          "route.mjs",
          "store.mjs",
          "timeline.mjs",
          "vendor/uPlot-LICENSE.txt",
          "vendor/uPlot.css",
          "vendor/uPlot.mjs",
          "views.css",
          "views/captured.mjs",
          "views/flow.mjs",
          "views/now.mjs",
          "views/replay.mjs",
          "views/request.mjs",
          "views/requestrows.mjs",
          "views/requests.mjs",
          "views/target.mjs",
          "words.mjs");

  private PageFiles() {}

  /** Adds the page and its files. */
  static void addTo(AdminPages pages) {
    pages.addStatic("/", DIRECTORY + INDEX);
    FILES.forEach(file -> pages.addStatic("/page/" + file, DIRECTORY + file));
  }
}
