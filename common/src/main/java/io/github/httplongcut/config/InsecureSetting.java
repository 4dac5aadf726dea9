package io.github.httplongcut.config;

/**
 * A setting that lets others read passwords or traffic. The process warns of it at each start.
 *
 * @param setting path of the setting, or name of the flag
 * @param why consequence and remedy
 */
public record InsecureSetting(String setting, String why) {}
