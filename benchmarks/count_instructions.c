/* A plugin of qemu-user that counts instructions. Without an argument it prints, for each process, how many it has
   executed, when it exits. With to=DIRECTORY each program that is executed counts into a file there, named by its process,
   while it runs; processes that it forks count into the same file. */
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* From qemu-plugin.h, which Debian does not package. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef struct qemu_info_t qemu_info_t;
int qemu_plugin_version = 1;
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned int, void *),
                                          enum qemu_plugin_cb_flags, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

static uint64_t own, *executed = &own;

/* Atomic, since threads and forked processes count too. */
static void ran(unsigned int cpu, void *instructions) {
    __atomic_fetch_add(executed, (uint64_t)(uintptr_t)instructions, __ATOMIC_RELAXED);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    qemu_plugin_register_vcpu_tb_exec_cb(block, ran, QEMU_PLUGIN_CB_NO_REGS,
                                         (void *)(uintptr_t)qemu_plugin_tb_n_insns(block));
}

static void ended(qemu_plugin_id_t id, void *unused) {
    dprintf(2, "==%d== I refs: %" PRIu64 "\n", (int)getpid(), *executed);
}

static int share(const char *directory) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%d", directory, (int)getpid());
    int file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0 || ftruncate(file, sizeof *executed)) return 1;
    void *mapped = mmap(NULL, sizeof *executed, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED) return 1;
    executed = mapped;
    return 0;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    if (argc && (strncmp(argv[0], "to=", 3) || share(argv[0] + 3))) return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    if (!argc) qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
