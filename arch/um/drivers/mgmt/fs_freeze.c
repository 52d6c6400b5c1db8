// SPDX-License-Identifier: GPL-2.0
/*
 * All writable file systems on disks stand still for a while, complete and
 * consistent, so that the host can copy the disks: freeze and thaw of the
 * management console. They thaw by themselves when time is over.
 * Locking: freeze_lock guards who froze what, for moments only: while one file
 * system does not come to rest, the others can thaw.
 */
#define pr_fmt(fmt) "freeze: " fmt

#include <linux/blkdev.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/workqueue.h>
#include <um/stop.h>

/* One that is, or is to be, frozen. It is kept from ending meanwhile. */
struct frozen_fs {
	struct list_head list;
	struct super_block *sb;
};

static DEFINE_MUTEX(freeze_lock);
static LIST_HEAD(frozen);
static enum {
	FS_THAWED,
	FS_FREEZING,
	FS_FROZEN,
	/* Thawed while some were still freezing: these follow. */
	FS_OVERTAKEN,
	FS_THAWING,
} state;

struct candidates {
	struct list_head list;
	int err;
};

/* What is in memory only cannot be copied, and has no reason to stand still. */
static bool can_freeze(const struct super_block *sb)
{
	return !sb_rdonly(sb) &&
	       (sb->s_bdev || sb->s_op->freeze_fs || sb->s_op->freeze_super);
}

/* The one mounted last comes first: it may lie in a file of another one. */
static void add_candidate(struct super_block *sb, void *arg)
{
	struct candidates *all = arg;
	struct frozen_fs *f;

	if (!can_freeze(sb) || !atomic_inc_not_zero(&sb->s_active))
		return;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f) {
		all->err = -ENOMEM;
		/* Never the last one: whoever calls us has the file system locked. */
		atomic_dec(&sb->s_active);
		return;
	}
	f->sb = sb;
	list_add(&f->list, &all->list);
}

static int freeze_one(struct super_block *sb)
{
	if (sb->s_op->freeze_super)
		return sb->s_op->freeze_super(sb, FREEZE_HOLDER_KERNEL);
	return freeze_super(sb, FREEZE_HOLDER_KERNEL);
}

/* A disk may keep what belongs to it in memory, as one of two layers does. */
static int flush_one(struct super_block *sb)
{
	int err = sb->s_bdev ? blkdev_issue_flush(sb->s_bdev) : 0;

	return err == -EOPNOTSUPP ? 0 : err;
}

static void thaw_one(struct super_block *sb)
{
	int err;

	if (sb->s_op->thaw_super)
		err = sb->s_op->thaw_super(sb, FREEZE_HOLDER_KERNEL);
	else
		err = thaw_super(sb, FREEZE_HOLDER_KERNEL);
	if (err)
		pr_err("%s on %s does not thaw: %pe\n", sb->s_type->name,
		       sb->s_id, ERR_PTR(err));
}

static void forget(struct frozen_fs *f)
{
	list_del(&f->list);
	deactivate_super(f->sb);
	kfree(f);
}

static void thaw_list(struct list_head *list)
{
	struct frozen_fs *f, *next;

	/* The last that was frozen is the deepest. */
	list_for_each_entry_safe(f, next, list, list) {
		thaw_one(f->sb);
		forget(f);
	}
}

static void time_is_over(struct work_struct *work);
static DECLARE_DELAYED_WORK(expiry, time_is_over);

/* Return: the state that has ended. */
static int thaw_all(void)
{
	LIST_HEAD(list);
	int was;

	mutex_lock(&freeze_lock);
	was = state;
	list_splice_init(&frozen, &list);
	if (state == FS_FREEZING)
		state = FS_OVERTAKEN;
	else if (state == FS_FROZEN)
		state = FS_THAWING;
	mutex_unlock(&freeze_lock);

	thaw_list(&list);

	mutex_lock(&freeze_lock);
	if (was == FS_FROZEN) {
		state = FS_THAWED;
		cancel_delayed_work(&expiry);
	}
	mutex_unlock(&freeze_lock);
	return was;
}

static void time_is_over(struct work_struct *work)
{
	int was = thaw_all();

	if (was == FS_FROZEN || was == FS_FREEZING)
		pr_warn("nobody said thaw in time: the file systems are writable again\n");
}

/* Return: may more be frozen? If not, this one is thawed again. */
static bool keep_frozen(struct frozen_fs *f)
{
	bool keep;

	mutex_lock(&freeze_lock);
	keep = state == FS_FREEZING;
	if (keep)
		list_move(&f->list, &frozen);
	mutex_unlock(&freeze_lock);
	if (!keep)
		thaw_one(f->sb);
	return keep;
}

static int freeze_list(struct list_head *list, char *why, size_t len)
{
	struct frozen_fs *f, *next;
	int err;

	list_for_each_entry_safe(f, next, list, list) {
		err = freeze_one(f->sb);
		/* It became read-only, or was unmounted but for us. */
		if (err == -EINVAL)
			continue;
		if (err) {
			scnprintf(why, len, "%s on %s cannot be frozen",
				  f->sb->s_type->name, f->sb->s_id);
			return err;
		}
		err = flush_one(f->sb);
		if (!keep_frozen(f)) {
			scnprintf(why, len, "time was over before %s on %s came to rest",
				  f->sb->s_type->name, f->sb->s_id);
			return -ETIMEDOUT;
		}
		if (err) {
			scnprintf(why, len, "the disk of a file system cannot be flushed");
			return err;
		}
	}
	return 0;
}

/* Return: 0, or -EALREADY. */
static int begin(unsigned int seconds)
{
	int err = 0;

	mutex_lock(&freeze_lock);
	if (state == FS_THAWED)
		state = FS_FREEZING;
	else
		err = -EALREADY;
	mutex_unlock(&freeze_lock);
	if (!err)
		mod_delayed_work(system_unbound_wq, &expiry, seconds * HZ);
	return err;
}

/* Return: 0, or what the freeze has failed with meanwhile. */
static int complete_freeze(int err)
{
	mutex_lock(&freeze_lock);
	if (!err && state == FS_OVERTAKEN)
		err = -ETIMEDOUT;
	state = err ? FS_THAWED : FS_FROZEN;
	if (err)
		cancel_delayed_work(&expiry);
	mutex_unlock(&freeze_lock);
	return err;
}

int um_fs_freeze(unsigned int seconds, char *why, size_t len)
{
	struct candidates all = { .list = LIST_HEAD_INIT(all.list) };
	struct frozen_fs *f, *next;
	int err;

	*why = 0;
	err = begin(seconds);
	if (err)
		return err;
	/* Most of it while everybody can still write. */
	ksys_sync();
	iterate_supers(add_candidate, &all);
	err = all.err ?: freeze_list(&all.list, why, len);
	list_for_each_entry_safe(f, next, &all.list, list)
		forget(f);
	if (err)
		thaw_all();
	return complete_freeze(err);
}

int um_fs_thaw(void)
{
	int was = thaw_all();

	return was == FS_FROZEN || was == FS_FREEZING ? 0 : -EALREADY;
}
