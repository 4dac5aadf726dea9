package io.github.httplongcut.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** File with a password, a token or a private key. */
public record SecretFile(Path file) {

  /**
   * Returns whether the file's mode lets other users read it; false if the mode is unknown. {@link
   * #letsOthersRead} has the rule.
   */
  public boolean isReadableByOthers() {
    if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return false;
    }
    try {
      PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
      return letsOthersRead(
          attributes.permissions(),
          attributes.group().getName(),
          attributes.owner().getName(),
          System.getProperty("user.name"));
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns whether permissions let other users read a file. A group counts as other users, but for
   * these:
   *
   * <ul>
   *   <li>{@code root}, to which credentials of systemd belong.
   *   <li>The group with the name of the file's owner or of the process's user: by convention it
   *       has no other member.
   * </ul>
   *
   * @param group name of the file's group
   * @param owner name of the file's owner
   * @param user name of the process's user
   */
  static boolean letsOthersRead(
      Set<PosixFilePermission> permissions, String group, String owner, String user) {
    boolean isShared = !group.equals("root") && !group.equals(owner) && !group.equals(user);
    return permissions.contains(PosixFilePermission.OTHERS_READ)
        || (isShared && permissions.contains(PosixFilePermission.GROUP_READ));
  }
}
