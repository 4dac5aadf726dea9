package io.github.httplongcut.client;

import io.github.httplongcut.client.core.PendingJournal;
import io.github.httplongcut.client.core.PendingRequests;
import io.github.httplongcut.protocol.EventType;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs and counts the actions of {@link PendingRequests}. Only for the loop. */
final class PendingLog implements PendingJournal {

  private static final Logger log = LoggerFactory.getLogger(PendingRequests.class);

  private final PublicationMetrics metrics;

  PendingLog(PublicationMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void published(UUID firstId) {
    metrics.published();
  }

  @Override
  public void publishedAgain(UUID firstId, UUID latestId, String why) {
    metrics.publishedAgain(why);
    log.debug("event=published_again client_req_id={} latest_id={} why={}", firstId, latestId, why);
  }

  @Override
  public void publicationFailed(UUID firstId, String why) {
    metrics.publicationFailed(why);
    log.debug("event=publication_failed client_req_id={} why={}", firstId, why);
  }

  @Override
  public void moved(UUID firstId, String from, String to, String why) {
    if (log.isDebugEnabled()) { // an array for the values would be garbage of every request
      log.debug("event=moved client_req_id={} from={} to={} why={}", firstId, from, to, why);
    }
  }

  @Override
  public void inDoubt(UUID firstId) {
    metrics.publicationFailed("in_doubt");
    log.debug("event=in_doubt client_req_id={}", firstId);
  }

  @Override
  public void forgotten(UUID firstId, String why) {
    log.debug("event=forgotten client_req_id={} why={}", firstId, why);
  }

  @Override
  public void dropped(EventType type) {
    metrics.eventDropped();
    log.debug("event=dropped type={}", type.wireName());
  }

  @Override
  public void bug(UUID firstId, Throwable bug) {
    log.error("event=bug client_req_id={}", firstId, bug);
  }
}
