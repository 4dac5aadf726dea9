/** Simulation of network failures. */
package io.github.httplongcut.system.net;
