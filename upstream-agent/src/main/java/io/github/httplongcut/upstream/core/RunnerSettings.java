package io.github.httplongcut.upstream.core;

import java.time.Duration;

/**
 * Settings of the {@link RequestRunner}.
 *
 * @param ackTimeout longest time that an ack may wait in a broker's inbox
 * @param heartbeatInterval longest time between two heartbeats of a target
 * @param version of this release, for the heartbeats
 */
public record RunnerSettings(Duration ackTimeout, Duration heartbeatInterval, String version) {}
