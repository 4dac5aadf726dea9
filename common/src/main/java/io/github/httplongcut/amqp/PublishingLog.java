package io.github.httplongcut.amqp;

import io.github.httplongcut.logging.LogText;
import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@link PublishingJournal} in the log. */
final class PublishingLog implements PublishingJournal {

  private static final Logger log = LoggerFactory.getLogger(PublishingLog.class);

  @Override
  public void tooLong(Publication publication, int bytes, long suppressed) {
    log.warn(
        "event=publication_too_long publication={} bytes={} suppressed={}",
        LogText.quoted(publication.toString()),
        bytes,
        suppressed);
  }

  @Override
  public void queueConfirmsNothing(BatchKey key, Duration timeout, long suppressed) {
    log.warn(
        "event=queue_confirms_nothing exchange={} routing_key={} timeout={} suppressed={}",
        key.exchange(),
        LogText.quoted(key.routingKey()),
        timeout,
        suppressed);
  }

  @Override
  public void replacedForNacks() {
    log.warn("event=publishing_reopened why=\"RabbitMQ has been nacking for too long\"");
  }

  @Override
  public void channelsLimited(int most) {
    log.warn(
        "event=publishing_channels_limited most={} why=\"RabbitMQ allows no more channels;"
            + " tenants share them, so a slow inbox of one may delay others\"",
        most);
  }

  @Override
  public void channelClosed(String why, long suppressed) {
    log.warn(
        "event=publishing_channel_closed why={} suppressed={}", LogText.quoted(why), suppressed);
  }
}
