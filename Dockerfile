# The image http-longcut: the three processes, the tools, and curl. Every line is plain Dockerfile, so that the classic
# builder of docker-compose 1.x builds it as well as BuildKit does.

FROM maven:3-eclipse-temurin-25 AS build
WORKDIR /build

# First what the poms ask for, so that this layer is made anew only when a pom changes. A class in every module makes
# Maven fetch the compiler's plugins too, which dependency:go-offline does not know of.
COPY pom.xml ./
COPY .mvn/jvm.config .mvn/
COPY common/pom.xml common/
COPY client-agent/pom.xml client-agent/
COPY broker/pom.xml broker/
COPY upstream-agent/pom.xml upstream-agent/
COPY cli/pom.xml cli/
COPY system-tests/pom.xml system-tests/
COPY benchmarks/pom.xml benchmarks/
RUN for module in common client-agent broker upstream-agent cli; do \
      mkdir -p "$module/src/main/java" && echo 'class Fetch {}' >"$module/src/main/java/Fetch.java" || exit 1; \
    done \
 && mvn -B -q -Dstyle.color=never -Dmaven.test.skip=true -pl client-agent,broker,upstream-agent,cli -am package \
 && rm -rf ./*/src ./*/target

# Offline: what the step above forgets to fetch stops the build instead of being fetched at every change.
COPY LICENSE ./
COPY common/src/main common/src/main
COPY client-agent/src/main client-agent/src/main
COPY broker/src/main broker/src/main
COPY upstream-agent/src/main upstream-agent/src/main
COPY cli/src/main cli/src/main
RUN mvn -B -q -o -Dstyle.color=never -Dmaven.test.skip=true -pl client-agent,broker,upstream-agent,cli -am package


FROM eclipse-temurin:25-jre

# For health checks and trials. Some releases of the base have it.
RUN command -v curl >/dev/null \
 || { apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*; }
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin longcut

COPY longcut LICENSE /opt/longcut/
# A checkout may have been made under a umask of 077, or without modes. The classic builder knows no COPY --chmod.
RUN chmod 0755 /opt/longcut /opt/longcut/longcut && chmod 0644 /opt/longcut/LICENSE
COPY --from=build \
  /build/client-agent/target/longcut-client-agent.jar \
  /build/broker/target/longcut-broker.jar \
  /build/upstream-agent/target/longcut-upstream-agent.jar \
  /build/cli/target/longcut-cli.jar \
  /opt/longcut/lib/

# Nobody but the container itself would reach its 127.0.0.1, the default.
ENV LONGCUT_HOST=0.0.0.0 LONGCUT_ADMIN_HOST=0.0.0.0

# By number, which Kubernetes can tell from root.
USER 10001:10001
EXPOSE 8000 8001 8002 8003

# SIGTERM drains: give it the 20 s of drain-timeout, and some more, before a SIGKILL.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/longcut/longcut"]
CMD ["help"]
