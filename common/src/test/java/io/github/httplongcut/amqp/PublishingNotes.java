package io.github.httplongcut.amqp;

import io.github.httplongcut.session.Publication;
import io.github.httplongcut.session.Publication.BatchKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Journal that keeps its notes as short texts. */
final class PublishingNotes implements PublishingJournal {

  private final List<String> notes = new ArrayList<>();

  /** Returns the notes since the last call. */
  List<String> take() {
    List<String> taken = List.copyOf(notes);
    notes.clear();
    return taken;
  }

  @Override
  public void tooLong(Publication publication, int bytes, long suppressed) {
    notes.add("too long, suppressed " + suppressed);
  }

  @Override
  public void queueConfirmsNothing(BatchKey key, Duration timeout, long suppressed) {
    notes.add("confirms nothing: " + key.routingKey());
  }

  @Override
  public void replacedForNacks() {
    notes.add("replaced for nacks");
  }

  @Override
  public void channelsLimited(int most) {
    notes.add("limited to " + most);
  }

  @Override
  public void channelClosed(String why, long suppressed) {
    notes.add("channel closed: " + why);
  }
}
