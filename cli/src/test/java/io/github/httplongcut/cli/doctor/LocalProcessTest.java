package io.github.httplongcut.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalProcessTest {

  private static final String HEADINGS =
      "  sl  local_address rem_address   st tx_queue ... inode\n";

  /** A socket that listens on 127.0.0.1:8003, port 0x1F43, with the inode 4242. */
  private static final String LISTENING =
      "   0: 0100007F:1F43 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4242 1\n";

  @TempDir private Path proc;

  @Test
  void thisProcessIsFound() throws Exception {
    assumeTrue(Files.isReadable(Path.of("/proc/net/tcp")), "there is no /proc");
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(LocalProcess.listeningOn(server.getLocalPort()))
          .contains(new LocalProcess("", ProcessHandle.current().pid(), false));
    }
  }

  @Test
  void aStoppedProcessIsFound() throws Exception {
    table(LISTENING);
    process(4711, "State:\tT (stopped)\n", "socket:[4242]");

    assertThat(LocalProcess.listeningOn(8003, proc))
        .contains(new LocalProcess("broker broker-1", 4711, true));
    assertThat(LocalProcess.listeningOn(8002, proc)).isEmpty();
  }

  @Test
  void aSleepingProcessIsNotStopped() throws Exception {
    table(LISTENING);
    process(4711, "State:\tS (sleeping)\n", "socket:[4242]");
    assertThat(LocalProcess.listeningOn(8003, proc))
        .contains(new LocalProcess("broker broker-1", 4711, false));
  }

  @Test
  void aConnectionIsNoListener() throws Exception {
    table(LISTENING.replace(" 0A ", " 01 "));
    process(4711, "State:\tS (sleeping)\n", "socket:[4242]");
    assertThat(LocalProcess.listeningOn(8003, proc)).isEmpty();
  }

  @Test
  void withoutProcNoProcessIsFound() {
    assertThat(LocalProcess.listeningOn(8003, proc.resolve("missing"))).isEmpty();
  }

  private void table(String lines) throws Exception {
    Files.createDirectories(proc.resolve("net"));
    Files.writeString(proc.resolve("net/tcp"), HEADINGS + lines);
  }

  private void process(int pid, String status, String descriptor) throws Exception {
    Path fd = Files.createDirectories(proc.resolve(pid + "/fd"));
    Files.createSymbolicLink(fd.resolve("7"), Path.of(descriptor));
    Files.writeString(proc.resolve(pid + "/status"), "Name:\tjava\n" + status);
    Files.writeString(
        proc.resolve(pid + "/cmdline"),
        "java\0-jar\0/opt/lib/longcut-broker.jar\0--id\0broker-1\0--amqp\0amqp://u:p@h/v\0");
  }
}
