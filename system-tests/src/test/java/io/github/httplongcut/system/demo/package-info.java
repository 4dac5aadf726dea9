/** The launcher's commands, as a newcomer types them. */
package io.github.httplongcut.system.demo;
