package io.github.httplongcut.system.rabbitmq;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Passes the shared {@link RabbitMq} to tests as a parameter. RabbitMQ starts when the first test
 * needs it, and stops after the last test of the JVM.
 */
public final class RabbitMqExtension implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(RabbitMqExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == RabbitMq.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    // JUnit closes the values of the store when the session ends.
    return context
        .getStore(StoreScope.LAUNCHER_SESSION, NAMESPACE)
        .computeIfAbsent(RabbitMq.class, type -> RabbitMq.shared(), RabbitMq.class);
  }
}
