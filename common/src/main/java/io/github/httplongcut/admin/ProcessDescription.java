package io.github.httplongcut.admin;

import io.github.httplongcut.config.Role;
import io.github.httplongcut.protocol.ProcessId;
import java.util.function.Supplier;

/**
 * Description of a process for its admin pages.
 *
 * @param name the name of the process, {@code longcut.id}
 * @param id returns the current id, which changes when the inbox is replaced; thread-safe
 * @param settings the effective settings as {@code --check-config} prints them, with passwords
 *     hidden
 */
public record ProcessDescription(Role role, String name, Supplier<ProcessId> id, String settings) {}
