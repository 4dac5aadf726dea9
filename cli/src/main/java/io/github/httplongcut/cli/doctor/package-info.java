/**
 * {@code longcut doctor}: checks of a relay, and of the RabbitMQ that it uses. A {@link
 * io.github.httplongcut.cli.doctor.DoctorCheck} looks at one thing, and {@link
 * io.github.httplongcut.cli.doctor.Finding} lists them all. No check changes anything, and none
 * causes a request to run.
 */
package io.github.httplongcut.cli.doctor;
