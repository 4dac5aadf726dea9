package io.github.httplongcut.amqp;

import io.github.httplongcut.amqp.Outcomes.Completion;
import io.github.httplongcut.session.Outcome;
import io.github.httplongcut.session.Publication;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Effects of one step of {@link PublisherState}: outcomes to deliver, messages to count, decisions
 * to log, and whether waiting threads must look again. The {@link PublisherMonitor} carries them
 * out.
 */
final class PublishingEffects {

  private List<Completion> completions = List.of();
  private List<Consumer<PublishingJournal>> notes = List.of();
  private List<WrittenMessage> answered = List.of();
  private boolean wakesThreads;

  void complete(Publication publication, Outcome outcome) {
    if (completions.isEmpty()) {
      completions = new ArrayList<>();
    }
    completions.add(new Completion(publication, outcome));
  }

  void complete(List<Publication> publications, Outcome outcome) {
    publications.forEach(each -> complete(each, outcome));
  }

  /** Notes the messages that RabbitMQ has confirmed, or nacked, in this step. */
  void answered(List<WrittenMessage> messages) {
    answered = messages;
  }

  void note(Consumer<PublishingJournal> note) {
    if (notes.isEmpty()) {
      notes = new ArrayList<>();
    }
    notes.add(note);
  }

  /** Wakes the link's thread and the threads that wait for all publications to end. */
  void wake() {
    wakesThreads = true;
  }

  List<Completion> completions() {
    return completions;
  }

  /** Returns the messages that RabbitMQ has confirmed, or nacked, in this step. */
  List<WrittenMessage> answered() {
    return answered;
  }

  /** Returns calls of the journal, in order. */
  List<Consumer<PublishingJournal>> notes() {
    return notes;
  }

  boolean wakesThreads() {
    return wakesThreads;
  }
}
