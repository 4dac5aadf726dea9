package io.github.httplongcut.amqp;

import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import java.time.Duration;

/** Notes decisions of {@link PublisherState} that an operator should know. */
interface PublishingJournal {

  /** Notes that a publication is refused because it is longer than any receiver takes. */
  void tooLong(Publication publication, int bytes, long suppressed);

  /** Notes that a tenant's inbox has confirmed nothing for the confirm timeout. */
  void queueConfirmsNothing(BatchKey key, Duration timeout, long suppressed);

  /** Notes that the connection will be replaced, since a channel may be the cause of nacks. */
  void replacedForNacks();

  /** Notes that RabbitMQ allows no more than this number of tenant channels. */
  void channelsLimited(int most);

  /** Notes that RabbitMQ has closed a tenant's channel. */
  void channelClosed(String why, long suppressed);
}
