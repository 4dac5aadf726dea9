package io.github.httplongcut.upstream;

import io.github.httplongcut.protocol.Request;
import io.github.httplongcut.upstream.http.HttpCaller;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** An HTTP client whose calls end when and how a test decides. */
final class FakeHttp implements HttpCaller {

  /** A started call. */
  static final class FakeCall implements Call {

    final String url;
    final Request request;
    private final Consumer<Result> whenDone;
    Progress progress = Progress.SENT;
    boolean aborted;

    FakeCall(String url, Request request, Consumer<Result> whenDone) {
      this.url = url;
      this.request = request;
      this.whenDone = whenDone;
    }

    void end(Result result) {
      whenDone.accept(result);
    }

    @Override
    public Progress abort() {
      aborted = true;
      return progress;
    }
  }

  final List<FakeCall> calls = new ArrayList<>();

  /** Calls to a URL that ends with this text throw. */
  String throwsAt = "nowhere";

  /** Result that each call has before {@link #call} returns; empty if the test ends the calls. */
  Optional<Result> atOnce = Optional.empty();

  @Override
  public Call call(
      String target, String url, Request request, Purpose purpose, Consumer<Result> whenDone) {
    if (url.endsWith(throwsAt)) {
      throw new IllegalStateException("for this test");
    }
    FakeCall call = new FakeCall(url, request, whenDone);
    calls.add(call);
    atOnce.ifPresent(call::end);
    return call;
  }

  FakeCall last() {
    return calls.get(calls.size() - 1);
  }
}
