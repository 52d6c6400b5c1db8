// SPDX-License-Identifier: GPL-2.0
/*
 * The names by number: /dev/ubd0 beside /dev/ubda, /dev/ubd0p1 beside
 * /dev/ubda1, without help from the guest's programs.
 *
 * A disk has one name in the driver core, and a second device with the same
 * number is refused there. So the second name is a symbolic link, which is
 * also what mount, findmnt and udev resolve to the first. It lives in devtmpfs,
 * of which all mounts show the same tree: whoever mounts it has the links.
 * The block class tells us of each disk and partition that comes or goes,
 * before the guest's udev hears of it.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/sched.h>

#include "ubd_config.h"

/* Ours for good: each new mount would reset the options of the others. */
static struct vfsmount *ubd_devtmpfs;

/* A partition table may be read on behalf of any task: act as the kernel. */
static const struct cred *ubd_kernel_cred;

/* Link @name to @target, or remove @name if @target is NULL. */
static int ubd_change_link(const char *name, const char *target)
{
	struct dentry *root = ubd_devtmpfs->mnt_root;
	struct inode *dir = d_inode(root);
	struct dentry *dentry;
	int ret;

	inode_lock_nested(dir, I_MUTEX_PARENT);
	dentry = lookup_one_len(name, root, strlen(name));
	if (IS_ERR(dentry)) {
		ret = PTR_ERR(dentry);
		goto out_unlock;
	}
	if (target)
		ret = vfs_symlink(&nop_mnt_idmap, dir, dentry, target);
	else if (d_is_symlink(dentry))
		ret = vfs_unlink(&nop_mnt_idmap, dir, dentry, NULL);
	else
		ret = 0;
	dput(dentry);
out_unlock:
	inode_unlock(dir);
	return ret;
}

static void ubd_link(const char *disk, bool add)
{
	const struct cred *old;
	char name[UBD_NAME_MAX];
	int ret;

	if (ubd_number_name(disk, name, sizeof(name)))
		return;
	old = override_creds(ubd_kernel_cred);
	ret = mnt_want_write(ubd_devtmpfs);
	if (!ret) {
		ret = ubd_change_link(name, add ? disk : NULL);
		mnt_drop_write(ubd_devtmpfs);
	}
	revert_creds(old);
	/* udev may make or remove the same link first. */
	if (ret && ret != -EEXIST && ret != -ENOENT)
		pr_warn("cannot %s /dev/%s for %s: %pe\n",
			add ? "make" : "remove", name, disk, ERR_PTR(ret));
}

static int ubd_names_add(struct device *dev)
{
	ubd_link(dev_name(dev), true);
	return 0;
}

static void ubd_names_remove(struct device *dev)
{
	ubd_link(dev_name(dev), false);
}

static struct class_interface ubd_names_interface = {
	.class = &block_class,
	.add_dev = ubd_names_add,
	.remove_dev = ubd_names_remove,
};

static int __init ubd_names_init(void)
{
	struct file_system_type *type = get_fs_type("devtmpfs");
	int ret = -ENODEV;

	if (!type)
		goto out;
	ubd_kernel_cred = prepare_kernel_cred(&init_task);
	ret = -ENOMEM;
	if (!ubd_kernel_cred)
		goto out_put_type;
	ubd_devtmpfs = kern_mount(type);
	ret = PTR_ERR_OR_ZERO(ubd_devtmpfs);
	if (ret)
		goto out_put_type;
	ret = class_interface_register(&ubd_names_interface);
out_put_type:
	put_filesystem(type);
out:
	if (ret)
		pr_warn("no /dev/ubd<number>, only /dev/ubd<letter>: %pe\n",
			ERR_PTR(ret));
	return 0;
}
/* After the block layer has made its class, before disks are found. */
fs_initcall(ubd_names_init);
