/*
 * What a power cut would leave of the files of a database at worst.
 *
 * Preloaded (LD_PRELOAD) into a server, this keeps a shadow copy of the files BELLWETHER_UNSYNCED_PREFIX* that
 * holds only what was synced: with each fsync or fdatasync that succeeds, and only then, the file's content as it
 * was when the call began goes to the folder BELLWETHER_UNSYNCED_SHADOW. A file whose name is new there appears
 * when the folder that holds it is synced too. What was written and not synced is never in the shadow.
 *
 * BELLWETHER_UNSYNCED_MODE:
 *   honest   as said.
 *   ignore   a sync does nothing and says that it did: a disk that lies.
 *   late     a sync says that it did, and does it LATE_MS later: as if the server did not wait for its syncs.
 * BELLWETHER_UNSYNCED_DELAY_MS: how much longer a sync takes (honest), or how late it is done (late).
 *
 * The content is read through the descriptor that is synced: to open and close the file once more would drop
 * the locks that SQLite holds on it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef int (*sync_function)(int);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sync_function next_fsync, next_fdatasync;
static char folder[PATH_MAX]; /* of the files, without a slash at its end */
static const char *prefix;    /* the whole path up to where names differ */
static const char *shadow;
static enum { HONEST, IGNORE, LATE } mode;
static long delay_ms;
static unsigned long copies;

static void fail(const char *what, const char *path) {
    fprintf(stderr, "unsynced: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

static void begin(void) {
    next_fsync = (sync_function)dlsym(RTLD_NEXT, "fsync");
    next_fdatasync = (sync_function)dlsym(RTLD_NEXT, "fdatasync");
    prefix = getenv("BELLWETHER_UNSYNCED_PREFIX");
    shadow = getenv("BELLWETHER_UNSYNCED_SHADOW");
    const char *named = getenv("BELLWETHER_UNSYNCED_MODE");
    const char *delay = getenv("BELLWETHER_UNSYNCED_DELAY_MS");
    if (!next_fsync || !next_fdatasync || !prefix || !shadow || !named || strlen(prefix) >= sizeof folder) {
        fprintf(stderr, "unsynced: BELLWETHER_UNSYNCED_PREFIX, _SHADOW and _MODE must be set\n");
        abort();
    }
    mode = !strcmp(named, "ignore") ? IGNORE : !strcmp(named, "late") ? LATE : HONEST;
    delay_ms = delay ? atol(delay) : 0;
    strcpy(folder, prefix);
    *strrchr(folder, '/') = 0;
}

static void pause_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) && errno == EINTR) {
    }
}

static void join(char *path, const char *dir, const char *name) {
    if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        fail("join", dir);
    }
}

/* Copies what stands in the file now to a new file of the shadow, whose path it writes to `copy`. */
static void copy_of(int fd, char *copy) {
    static char buffer[1 << 16];
    char name[32];
    snprintf(name, sizeof name, ".copy%lu", copies++);
    join(copy, shadow, name);
    int out = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        fail("open", copy);
    off_t at = 0;
    ssize_t some;
    while ((some = pread(fd, buffer, sizeof buffer, at)) > 0) {
        if (write(out, buffer, some) != some)
            fail("write", copy);
        at += some;
    }
    if (some < 0 || close(out))
        fail("copy", copy);
}

/* The copy is what is on disk now; under a name that is new to the disk only once the folder was synced. */
static void publish(const char *copy, const char *name) {
    char known[PATH_MAX], waiting[PATH_MAX], new_name[NAME_MAX];
    join(known, shadow, name);
    snprintf(new_name, sizeof new_name, ".new-%s", name);
    join(waiting, shadow, new_name);
    if (rename(copy, access(known, F_OK) ? waiting : known))
        fail("rename", copy);
}

static void publish_names(void) {
    char waiting[PATH_MAX], known[PATH_MAX];
    DIR *dir = opendir(shadow);
    if (!dir)
        fail("opendir", shadow);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, ".new-", 5))
            continue;
        join(waiting, shadow, entry->d_name);
        join(known, shadow, entry->d_name + 5);
        if (rename(waiting, known))
            fail("rename", waiting);
    }
    closedir(dir);
}

struct late {
    char copy[PATH_MAX]; /* empty: the folder */
    char name[NAME_MAX];
};

static void *publish_late(void *argument) {
    struct late *late = argument;
    pause_ms(delay_ms);
    pthread_mutex_lock(&mutex);
    if (late->copy[0])
        publish(late->copy, late->name);
    else
        publish_names();
    pthread_mutex_unlock(&mutex);
    free(late);
    return NULL;
}

static int synced(int fd, sync_function sync) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    int is_folder = !strcmp(path, folder), is_file = !strncmp(path, prefix, strlen(prefix));
    if (!is_folder && !is_file)
        return sync(fd);
    if (mode == IGNORE)
        return 0;

    struct late *late = calloc(1, sizeof *late);
    if (!late)
        fail("calloc", path);
    pthread_mutex_lock(&mutex);
    if (is_file) {
        snprintf(late->name, sizeof late->name, "%s", path + strlen(folder) + 1);
        copy_of(fd, late->copy);
    }
    int result = 0;
    if (mode == LATE) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, publish_late, late))
            fail("pthread_create", path);
        pthread_detach(thread);
    } else {
        pause_ms(delay_ms);
        result = sync(fd);
        if (result == 0 && is_file)
            publish(late->copy, late->name);
        else if (result == 0)
            publish_names();
        free(late);
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

int fsync(int fd) {
    pthread_once(&once, begin);
    return synced(fd, next_fsync);
}

int fdatasync(int fd) {
    pthread_once(&once, begin);
    return synced(fd, next_fdatasync);
}
