# The image http-longcut: the three roles, the tools, and curl. Uses no BuildKit features, so that the classic builder of
# docker-compose 1.x can build it.

FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /build

# Download all dependencies first, so that this layer is rebuilt only when a pom changes. A dummy class in every module makes
# Maven also download the compiler's plugins, which dependency:go-offline omits.
COPY pom.xml ./
COPY .mvn/jvm.config .mvn/
COPY common/pom.xml common/
COPY client-agent/pom.xml client-agent/
COPY broker/pom.xml broker/
COPY upstream-agent/pom.xml upstream-agent/
COPY cli/pom.xml cli/
COPY testkit/pom.xml testkit/
COPY system-tests/pom.xml system-tests/
COPY benchmarks/pom.xml benchmarks/
RUN for module in common client-agent broker upstream-agent cli; do \
      mkdir -p "$module/src/main/java" && echo 'class Fetch {}' >"$module/src/main/java/Fetch.java" || exit 1; \
    done \
 && mvn -B -q -Dstyle.color=never -Dmaven.test.skip=true -pl client-agent,broker,upstream-agent,cli -am package \
 && rm -rf ./*/src ./*/target

# Offline, so that the build fails if the step above misses a dependency, instead of downloading it at every change.
COPY LICENSE ./
COPY common/src/main common/src/main
COPY client-agent/src/main client-agent/src/main
COPY broker/src/main broker/src/main
COPY upstream-agent/src/main upstream-agent/src/main
COPY cli/src/main cli/src/main
COPY rabbitmq/definitions.json rabbitmq/definitions-cluster.json rabbitmq/
RUN mvn -B -q -o -Dstyle.color=never -Dmaven.test.skip=true -pl client-agent,broker,upstream-agent,cli -am package


FROM eclipse-temurin:25-jre

# curl is for health checks and trials. Some releases of the base image include it.
RUN command -v curl >/dev/null \
 || { apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*; }
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin longcut

COPY longcut LICENSE ops/demo-admin-token /opt/longcut/
# The checkout may have a umask of 077 or no file modes. The classic builder does not support COPY --chmod.
RUN chmod 0755 /opt/longcut /opt/longcut/longcut && chmod 0644 /opt/longcut/LICENSE /opt/longcut/demo-admin-token
COPY --from=build \
  /build/client-agent/target/longcut-client-agent.jar \
  /build/broker/target/longcut-broker.jar \
  /build/upstream-agent/target/longcut-upstream-agent.jar \
  /build/cli/target/longcut-cli.jar \
  /opt/longcut/lib/

# On the default address 127.0.0.1, only the container itself could reach the ports. The file tells the launcher that the
# variables are those of the image, so that `longcut join` keeps them.
RUN touch /opt/longcut/.image
ENV LONGCUT_HOST=0.0.0.0 LONGCUT_ADMIN_HOST=0.0.0.0

# A number, because Kubernetes (runAsNonRoot) cannot tell whether a user name is root.
USER 10001:10001
EXPOSE 8000 8001 8002 8003

# SIGTERM starts the drain. Send SIGKILL only later than drain-timeout (20 s).
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/longcut/longcut"]
CMD ["help"]
