/** Networks that fail on demand. */
package io.github.httplongcut.system.net;
