/** Checks of the structure of the code (docs/architecture.md, "What may import what"). */
package io.github.httplongcut.system.structure;
