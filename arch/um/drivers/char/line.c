// SPDX-License-Identifier: GPL-2.0
/*
 * Tty lines over host channels.
 * Input:  interrupt -> line_receive(): host read -> flip buffer -> ldisc;
 *         a full tty leaves the rest with the host until unthrottle.
 * Output: tty write | printk -> ring -> line_push(): host write; when the
 *         host is full, its interrupt pushes on.
 * Not here: how channels talk to the host (channel/), what lines there are
 * (stdio_console.c).
 * Lock order: port.mutex, in_lock, out_lock. Under in_lock and out_lock no
 * printk: the console may be this very line.
 * Writers sleep only when the ring is full, which means that an interrupt or
 * push_timer is due: line_transmit() then wakes them, even if it was printk
 * (which must not wake anybody) that made the room.
 */
#include <linux/console.h>
#include <linux/interrupt.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <linux/tty_flip.h>
#include <host/socket.h>
#include <um/irq.h>
#include <um/console.h>
#include <um/sandbox_option.h>
#include "line.h"

enum {
	LINE_READ_MAX = 4096,
	LINE_RING_SIZE = 16384,
	/* A host that is slow may hold up printk for two seconds in all. */
	LINE_WAIT_MS = 10,
	LINE_PATIENCE = 200,
	/* Console output is translated on the stack in pieces. */
	LINE_CONSOLE_CHUNK = 256,
};

static LIST_HEAD(line_classes);

/* ---- input ---- */

/* Return: true if the terminal went away. Caller holds in_lock. */
static bool line_input_stops(struct line *line, ssize_t ret)
{
	if (ret == -EAGAIN)
		return false;
	if (ret == -ECONNRESET) {
		line->hanging = true;
		return true;
	}
	line->in_ended = true;
	if (!ret)
		return false;
	line->hung_up = true;
	return true;
}

/* Return: true if the tty took all of in_buf. Caller holds in_lock. */
static bool line_hand_over(struct line *line)
{
	unsigned int n;

	n = tty_insert_flip_string(&line->port, line->in_buf + line->in_pos,
				   line->in_len);
	tty_flip_buffer_push(&line->port);
	line->in_pos += n;
	line->in_len -= n;
	return !line->in_len;
}

/* What was written for somebody who left is not for others. */
static void line_forget_output(struct line *line)
{
	unsigned long flags;

	spin_lock_irqsave(&line->out_lock, flags);
	if (kfifo_initialized(&line->ring))
		kfifo_reset(&line->ring);
	line->lost = 0;
	spin_unlock_irqrestore(&line->out_lock, flags);
}

static bool line_wants_input(struct line *line)
{
	return line->in.ops && line->in_open && !line->throttled &&
	       !line->hanging;
}

static void line_receive(struct line *line)
{
	bool hang_up = false;
	unsigned long flags;
	ssize_t ret;

	spin_lock_irqsave(&line->in_lock, flags);
	if (!line->in_open && line->in.ops && line->in.ops->renew)
		line->in.ops->renew(line->in.host);
	while (line_wants_input(line)) {
		if (!line->in_len) {
			if (line->in_ended)
				break;
			ret = line->in.ops->read(line->in.host, line->in_buf,
						 LINE_READ_MAX);
			if (ret <= 0) {
				hang_up = line_input_stops(line, ret);
				break;
			}
			line->in_pos = 0;
			line->in_len = ret;
		}
		if (!line_hand_over(line)) {
			schedule_delayed_work(&line->in_retry, 1);
			break;
		}
	}
	if (line->in.ops && line->in.ops->resized &&
	    line->in.ops->resized(line->in.host))
		um_line_winch();
	spin_unlock_irqrestore(&line->in_lock, flags);

	if (!hang_up)
		return;
	line_forget_output(line);
	tty_port_tty_hangup(&line->port, false);
}

/* What has ended may have begun again: another writer of a pipe, say. */
static void line_input_again(struct line *line)
{
	unsigned long flags;

	spin_lock_irqsave(&line->in_lock, flags);
	line->in_ended = line->hung_up;
	spin_unlock_irqrestore(&line->in_lock, flags);
	line_receive(line);
}

static void line_in_retry(struct work_struct *work)
{
	line_receive(container_of(to_delayed_work(work), struct line,
				  in_retry));
}

/* ---- output; callers of these hold out_lock ---- */

static ssize_t line_host_write(struct line *line, const void *buf, size_t len)
{
	ssize_t ret;

	if (!line->out.ops)
		return len;
	ret = line->hanging ? -ENOTCONN :
			      line->out.ops->write(line->out.host, buf, len);
	line->absent = ret == -ENOTCONN;
	if (ret == -EAGAIN || ret == -ENOTCONN)
		return ret;
	line->out_failed = ret <= 0;
	if (line->out_failed) {
		/* A full disk, a reader who left: go on without. */
		line->lost += len;
		return len;
	}
	line->patience = LINE_PATIENCE;
	return ret;
}

static int line_watch_out(struct line *line)
{
	u32 dirs = CHAN_OUT | (line->pair.shared ? CHAN_IN : 0);

	if (!line->irq)
		return -EAGAIN;
	return line->out.ops->watch(line->out.host, dirs, line->irq);
}

/* See to it that the rest of the ring is pushed, now or later. */
static void line_push_later(struct line *line, unsigned long delay)
{
	if (!timer_pending(&line->push_timer))
		mod_timer(&line->push_timer, jiffies + delay);
}

static void line_report_lost(struct line *line)
{
	char msg[80];
	int n;

	if (!line->lost || line->out_failed)
		return;
	n = scnprintf(msg, sizeof(msg),
		      "\r\n[%u bytes of output were lost here]\r\n",
		      line->lost);
	line->lost = 0;
	kfifo_in(&line->ring, msg, n);
}

static void line_push(struct line *line)
{
	unsigned int n;
	ssize_t ret;
	u8 *data;

	while (!line->stopped) {
		n = kfifo_out_linear_ptr(&line->ring, &data, LINE_RING_SIZE);
		if (!n) {
			line_report_lost(line);
			if (kfifo_is_empty(&line->ring))
				break;
			continue;
		}
		ret = line_host_write(line, data, n);
		/* Who comes is announced by an interrupt. */
		if (ret == -ENOTCONN)
			break;
		if (ret == -EAGAIN) {
			line->out_waiting = !line_watch_out(line);
			if (!line->out_waiting)
				line_push_later(line, HZ / 10 + 1);
			break;
		}
		line->out_waiting = false;
		kfifo_skip_count(&line->ring, ret);
		line->room_made = true;
	}
}

/* Return: true if it is worth trying again. */
static bool line_wait_out(struct line *line)
{
	if (!line->patience || line->absent)
		return false;
	line->patience--;
	line->out.ops->wait_out(line->out.host, LINE_WAIT_MS);
	return true;
}

/* For nobody, the end of the output is worth more than its beginning. */
static void line_make_room(struct line *line, size_t len)
{
	unsigned int room = kfifo_avail(&line->ring);

	if (line->absent && room < len)
		kfifo_skip_count(&line->ring,
				 min_t(size_t, len - room,
				       kfifo_len(&line->ring)));
}

static void line_drain(struct line *line)
{
	if (!line->out.ops)
		return;
	do {
		line_push(line);
	} while (!kfifo_is_empty(&line->ring) && !line->stopped &&
		 line_wait_out(line));
}

/* In order, behind the ring; past it if the guest's user stopped the tty. */
static void line_emit(struct line *line, const char *buf, size_t len)
{
	unsigned int taken;
	ssize_t ret;

	while (len) {
		ret = -EAGAIN;
		if (line->stopped || kfifo_is_empty(&line->ring))
			ret = line_host_write(line, buf, len);
		if (ret > 0) {
			buf += ret;
			len -= ret;
			continue;
		}
		if (!line_wait_out(line))
			break;
		line_push(line);
	}
	if (!len)
		return;
	line_make_room(line, len);
	taken = kfifo_in(&line->ring, buf, len);
	line->lost += len - taken;
	line_push(line);
}

/* ---- output; entries ---- */

static void line_console_put(struct line *line, const char *s,
			     unsigned int count)
{
	char buf[LINE_CONSOLE_CHUNK];
	bool terminal;
	size_t n = 0;

	if (!line->out.ops)
		return;
	terminal = line->out.ops->is_terminal(line->out.host);
	line_drain(line);
	while (count--) {
		if (*s == '\n' && terminal)
			buf[n++] = '\r';
		buf[n++] = *s++;
		if (n >= sizeof(buf) - 1) {
			line_emit(line, buf, n);
			n = 0;
		}
	}
	line_emit(line, buf, n);
	if (!line->absent && !line->out_failed)
		um_console_took(true);
}

void line_console_write(struct line *line, const char *s, unsigned int count)
{
	unsigned long flags;

	if (!oops_in_progress) {
		spin_lock_irqsave(&line->out_lock, flags);
	} else if (!spin_trylock_irqsave(&line->out_lock, flags)) {
		/* Whoever holds it may have died. */
		line_console_put(line, s, count);
		return;
	}
	line_console_put(line, s, count);
	spin_unlock_irqrestore(&line->out_lock, flags);
}

static void line_transmit(struct line *line)
{
	unsigned long flags;
	bool wake;

	spin_lock_irqsave(&line->out_lock, flags);
	if (line->out.ops)
		line_push(line);
	wake = line->room_made;
	line->room_made = false;
	spin_unlock_irqrestore(&line->out_lock, flags);
	if (wake)
		tty_port_tty_wakeup(&line->port);
}

static void line_push_timer(struct timer_list *t)
{
	struct line *line = from_timer(line, t, push_timer);

	line_transmit(line);
}

static irqreturn_t line_interrupt(int irq, void *dev)
{
	struct line *line = dev;

	line_input_again(line);
	line_transmit(line);
	return IRQ_HANDLED;
}

/* ---- tty operations ---- */

static struct line *line_of(struct tty_struct *tty)
{
	return container_of(tty->port, struct line, port);
}

static int line_tty_install(struct tty_driver *driver, struct tty_struct *tty)
{
	struct line_class *class = driver->driver_state;

	return tty_port_install(&class->lines[tty->index].port, driver, tty);
}

static int line_tty_open(struct tty_struct *tty, struct file *filp)
{
	return tty_port_open(tty->port, tty, filp);
}

static void line_tty_close(struct tty_struct *tty, struct file *filp)
{
	tty_port_close(tty->port, tty, filp);
}

static void line_tty_hangup(struct tty_struct *tty)
{
	tty_port_hangup(tty->port);
}

/*
 * The line discipline flushes after it processed output (OPOST); until then
 * it writes piece by piece. The timer is for those who never flush.
 */
static ssize_t line_tty_write(struct tty_struct *tty, const u8 *buf,
			      size_t count)
{
	struct line *line = line_of(tty);
	unsigned long flags;
	size_t n = count;

	spin_lock_irqsave(&line->out_lock, flags);
	if (line->out.ops) {
		n = kfifo_in(&line->ring, buf, count);
		if (!O_OPOST(tty) || n < count)
			line_push(line);
		if (n < count) {
			line_make_room(line, count - n);
			n += kfifo_in(&line->ring, buf + n, count - n);
		}
		if (!kfifo_is_empty(&line->ring) && !line->out_waiting && !line->absent)
			line_push_later(line, 1);
	}
	spin_unlock_irqrestore(&line->out_lock, flags);
	return n;
}

static int line_tty_put_char(struct tty_struct *tty, u8 ch)
{
	return line_tty_write(tty, &ch, 1);
}

static void line_tty_flush_chars(struct tty_struct *tty)
{
	line_transmit(line_of(tty));
}

static unsigned int line_tty_write_room(struct tty_struct *tty)
{
	struct line *line = line_of(tty);

	if (!line->out.ops || line->absent)
		return LINE_RING_SIZE;
	return kfifo_avail(&line->ring);
}

static unsigned int line_tty_chars_in_buffer(struct tty_struct *tty)
{
	struct line *line = line_of(tty);

	return line->out.ops && !line->absent ? kfifo_len(&line->ring) : 0;
}

static void line_tty_flush_buffer(struct tty_struct *tty)
{
	struct line *line = line_of(tty);
	unsigned long flags;

	spin_lock_irqsave(&line->out_lock, flags);
	if (line->out.ops)
		kfifo_reset(&line->ring);
	spin_unlock_irqrestore(&line->out_lock, flags);
	tty_wakeup(tty);
}

static void line_tty_throttle(struct tty_struct *tty)
{
	struct line *line = line_of(tty);
	unsigned long flags;

	spin_lock_irqsave(&line->in_lock, flags);
	line->throttled = true;
	spin_unlock_irqrestore(&line->in_lock, flags);
}

static void line_tty_unthrottle(struct tty_struct *tty)
{
	struct line *line = line_of(tty);
	unsigned long flags;

	spin_lock_irqsave(&line->in_lock, flags);
	line->throttled = false;
	spin_unlock_irqrestore(&line->in_lock, flags);
	line_receive(line);
}

static void line_set_stopped(struct line *line, bool stopped)
{
	unsigned long flags;

	spin_lock_irqsave(&line->out_lock, flags);
	line->stopped = stopped;
	spin_unlock_irqrestore(&line->out_lock, flags);
}

static void line_tty_stop(struct tty_struct *tty)
{
	line_set_stopped(line_of(tty), true);
}

static void line_tty_start(struct tty_struct *tty)
{
	line_set_stopped(line_of(tty), false);
	line_transmit(line_of(tty));
}

static const struct tty_operations line_tty_ops = {
	.install = line_tty_install,
	.open = line_tty_open,
	.close = line_tty_close,
	.hangup = line_tty_hangup,
	.write = line_tty_write,
	.put_char = line_tty_put_char,
	.flush_chars = line_tty_flush_chars,
	.write_room = line_tty_write_room,
	.chars_in_buffer = line_tty_chars_in_buffer,
	.flush_buffer = line_tty_flush_buffer,
	.throttle = line_tty_throttle,
	.unthrottle = line_tty_unthrottle,
	.stop = line_tty_stop,
	.start = line_tty_start,
};

/* ---- window size ---- */

static int line_channel_winsize(struct line_channel *ch, struct winsize *ws)
{
	if (!ch->ops)
		return -ENOTTY;
	return ch->ops->winsize(ch->host, &ws->ws_row, &ws->ws_col);
}

/* Caller holds port.mutex. */
static void line_resize(struct line *line, struct tty_struct *tty)
{
	struct winsize ws = { };

	if (line_channel_winsize(&line->in, &ws) < 0 &&
	    line_channel_winsize(&line->out, &ws) < 0)
		return;
	if (ws.ws_row && ws.ws_col)
		tty_do_resize(tty, &ws);
}

static void line_winch_one(struct line *line)
{
	struct tty_struct *tty = tty_port_tty_get(&line->port);

	if (!tty)
		return;
	mutex_lock(&line->port.mutex);
	line_resize(line, tty);
	mutex_unlock(&line->port.mutex);
	tty_kref_put(tty);
}

static void line_winch_work(struct work_struct *work)
{
	struct line_class *class;
	unsigned int i;

	list_for_each_entry(class, &line_classes, list)
		for (i = 0; i < class->nr; i++)
			line_winch_one(&class->lines[i]);
}

static DECLARE_WORK(line_winch, line_winch_work);

void um_line_winch(void)
{
	if (system_wq)
		schedule_work(&line_winch);
}

/* ---- first open, last close ---- */

static const char *line_summon_failure(int err)
{
	switch (err) {
	case -ENXIO:
		return "there is no display";
	case -EPERM:
		return "sandbox=on starts no programs of the host";
	default:
		return "the terminal emulator does not start";
	}
}

/* Caller holds port.mutex. */
static void line_summon(struct line *line)
{
	char text[CHAN_DESCRIBE_MAX];
	int err;

	if (!line->out.ops || !line->out.ops->summon)
		return;
	err = line->out.ops->summon(line->out.host);
	if (!err || line->alone)
		return;
	/* Once: getty comes again and again. */
	line->alone = true;
	line->out.ops->describe(line->out.host, text, sizeof(text));
	pr_warn("%s %u: no window (%s); attach a terminal by: linux --attach %s\n",
		line->class->title, line->index,
		line_summon_failure(err), strchr(text, ':') + 1);
}

static int line_port_activate(struct tty_port *port, struct tty_struct *tty)
{
	struct line *line = container_of(port, struct line, port);
	unsigned long flags;

	if (!line->pair.out.ops)
		return -ENODEV;
	spin_lock_irqsave(&line->in_lock, flags);
	if (line->in.ops && line->in.ops->renew)
		line->in.ops->renew(line->in.host);
	line->in_open = true;
	line->throttled = false;
	line->hanging = false;
	spin_unlock_irqrestore(&line->in_lock, flags);
	line_set_stopped(line, false);
	line_summon(line);
	line_resize(line, tty);
	line_input_again(line);
	return 0;
}

static void line_port_shutdown(struct tty_port *port)
{
	struct line *line = container_of(port, struct line, port);
	unsigned long flags;

	spin_lock_irqsave(&line->in_lock, flags);
	line->in_open = false;
	line->hanging = false;
	spin_unlock_irqrestore(&line->in_lock, flags);
	line_set_stopped(line, false);
	line_transmit(line);
}

/* The lines are never freed. */
static void line_port_destruct(struct tty_port *port)
{
}

static const struct tty_port_operations line_port_ops = {
	.activate = line_port_activate,
	.shutdown = line_port_shutdown,
	.destruct = line_port_destruct,
};

/* ---- connecting channels; callers hold port.mutex ---- */

static int line_channel_open(const struct chan_config *cfg, u32 dirs,
			     struct line_channel *ret)
{
	int err;

	ret->ops = NULL;
	ret->host = NULL;
	if (!cfg->ops || cfg->ops->sink)
		return 0;
	err = cfg->ops->open(cfg, dirs, &ret->host);
	if (!err)
		ret->ops = cfg->ops;
	return err;
}

static void line_channel_close(struct line_channel *ch)
{
	if (ch->ops)
		ch->ops->close(ch->host);
	ch->ops = NULL;
}

static int line_pair_open(const struct chan_pair *pair,
			  struct line_channel *in, struct line_channel *out)
{
	int err;

	if (pair->shared) {
		err = line_channel_open(&pair->in, CHAN_IN | CHAN_OUT, in);
		*out = *in;
		return err;
	}
	err = line_channel_open(&pair->in, CHAN_IN, in);
	if (err)
		return err;
	err = line_channel_open(&pair->out, CHAN_OUT, out);
	if (err)
		line_channel_close(in);
	return err;
}

static void line_pair_close(bool shared, struct line_channel *in,
			    struct line_channel *out)
{
	line_channel_close(in);
	if (!shared)
		line_channel_close(out);
}

/* Buffers and interrupts are kept for the next channel of a line. */
static int line_alloc_buffers(struct line *line)
{
	if (!line->in_buf)
		line->in_buf = kmalloc(LINE_READ_MAX, GFP_KERNEL);
	if (!line->in_buf)
		return -ENOMEM;
	if (kfifo_initialized(&line->ring))
		return 0;
	return kfifo_alloc(&line->ring, LINE_RING_SIZE, GFP_KERNEL);
}

static int line_alloc_irq(struct line *line)
{
	int irq, err;

	if (line->irq)
		return 0;
	irq = um_irq_alloc(line->name);
	if (irq < 0)
		return irq;
	err = request_irq(irq, line_interrupt, 0, line->name, line);
	if (err) {
		um_irq_free(irq);
		return err;
	}
	line->irq = irq;
	return 0;
}

/* Ask for interrupts, once there can be some. */
static void line_watch(struct line *line)
{
	unsigned long flags;

	if (!line->irq)
		return;
	spin_lock_irqsave(&line->out_lock, flags);
	if (line->out.ops)
		line_watch_out(line);
	spin_unlock_irqrestore(&line->out_lock, flags);
	if (line->in.ops && !line->pair.shared)
		line->in.ops->watch(line->in.host, CHAN_IN, line->irq);
	line_transmit(line);
}

/* Put other channels in place of those there are. */
static void line_swap(struct line *line, struct line_channel *in,
		      struct line_channel *out, const struct chan_pair *pair)
{
	bool was_shared = line->pair.shared;
	unsigned long flags;

	spin_lock_irqsave(&line->in_lock, flags);
	swap(line->in, *in);
	line->in_ended = false;
	line->hung_up = false;
	line->hanging = false;
	line->in_len = 0;
	spin_lock(&line->out_lock);
	swap(line->out, *out);
	line->out_failed = false;
	line->lost = 0;
	line->absent = false;
	line->out_waiting = false;
	line->patience = LINE_PATIENCE;
	line->pair = *pair;
	if (kfifo_initialized(&line->ring))
		kfifo_reset(&line->ring);
	spin_unlock(&line->out_lock);
	spin_unlock_irqrestore(&line->in_lock, flags);

	line_pair_close(was_shared, in, out);
}

static void line_announce(struct line *line)
{
	char text[CHAN_DESCRIBE_MAX];

	if (!line->out.ops || !line->out.ops->announce)
		return;
	line->out.ops->describe(line->out.host, text, sizeof(text));
	pr_info("%s %u assigned device '%s'\n", line->class->title,
		line->index, strchr(text, ':') + 1);
}

static int line_connect(struct line *line, const char *spec,
			const struct chan_pair *pair, char *why, size_t len)
{
	struct line_channel in = { }, out = { };
	int err;

	if (tty_port_initialized(&line->port)) {
		scnprintf(why, len, "Device is currently open");
		return -EBUSY;
	}
	err = line_pair_open(pair, &in, &out);
	if (err == -ENAMETOOLONG) {
		scnprintf(why, len,
			  "the path of its socket in the instance directory has %u characters, at most %d are possible",
			  chan_xterm_host_path_len(), OS_SOCKET_PATH_MAX);
		return err;
	}
	if (err) {
		scnprintf(why, len, "the host refused to open it (%pe)%s",
			  ERR_PTR(err), um_sandbox_hint(err));
		return err;
	}
	if (in.ops || out.ops)
		err = line_alloc_buffers(line);
	if (!err && (in.ops || out.ops) && line->class->driver)
		err = line_alloc_irq(line);
	if (err) {
		line_pair_close(pair->shared, &in, &out);
		scnprintf(why, len, "no memory or interrupt left (error %d)",
			  -err);
		return err;
	}
	line_swap(line, &in, &out, pair);
	strscpy(line->spec, spec, sizeof(line->spec));
	line->alone = false;
	line_announce(line);
	line_watch(line);
	return 0;
}

/* ---- devices ---- */

static int line_device_update(struct line *line)
{
	struct line_class *class = line->class;
	bool wanted = line->pair.out.ops;
	struct device *dev;

	if (!class->driver || wanted == line->registered)
		return 0;
	if (!wanted) {
		tty_unregister_device(class->driver, line->index);
		line->registered = false;
		return 0;
	}
	dev = tty_port_register_device(&line->port, class->driver, line->index,
				       NULL);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	line->registered = true;
	return 0;
}

int line_config(struct line_class *class, unsigned int n, const char *spec,
		char *why, size_t len)
{
	struct chan_pair pair;
	struct line *line;
	int err;

	if (n >= class->nr) {
		scnprintf(why, len,
			  "Invalid device number - must be between 0 and %u",
			  class->nr - 1);
		return -ENODEV;
	}
	line = &class->lines[n];
	err = chan_pair_parse(spec, &pair, why, len);
	if (err)
		return err;
	scnprintf(pair.in.title, sizeof(pair.in.title), "%s #%u", class->title,
		  n);
	memcpy(pair.out.title, pair.in.title, sizeof(pair.out.title));
	pair.in.cooked = class->cooked;
	pair.out.cooked = class->cooked;
	err = chan_pair_check(&pair, why, len);
	if (err)
		return err;
	mutex_lock(&line->port.mutex);
	err = line_connect(line, spec, &pair, why, len);
	mutex_unlock(&line->port.mutex);
	return err ?: line_device_update(line);
}

int line_get_config(struct line_class *class, unsigned int n, char *buf,
		    size_t len)
{
	char text[CHAN_DESCRIBE_MAX];
	struct line *line;
	int ret;

	if (n >= class->nr)
		return -ENODEV;
	line = &class->lines[n];
	mutex_lock(&line->port.mutex);
	if (!line->pair.out.ops) {
		ret = scnprintf(buf, len, "none");
	} else if (line->pair.shared && line->out.ops) {
		line->out.ops->describe(line->out.host, text, sizeof(text));
		ret = scnprintf(buf, len, "%s", text);
	} else {
		ret = scnprintf(buf, len, "%s", line->spec);
	}
	mutex_unlock(&line->port.mutex);
	return ret;
}

int line_remove(struct line_class *class, unsigned int n, char *why,
		size_t len)
{
	if (n < class->nr && !class->lines[n].pair.out.ops) {
		scnprintf(why, len, "Device doesn't exist");
		return -ENODEV;
	}
	return line_config(class, n, "none", why, len);
}

/* ---- classes ---- */

void line_output_init(struct line *line)
{
	spin_lock_init(&line->out_lock);
	timer_setup(&line->push_timer, line_push_timer, 0);
	line->patience = LINE_PATIENCE;
}

static void line_init(struct line *line, struct line_class *class,
		      unsigned int index)
{
	tty_port_init(&line->port);
	line->port.ops = &line_port_ops;
	line->class = class;
	line->index = index;
	snprintf(line->name, sizeof(line->name), "%s%u", class->option, index);
	strscpy(line->spec, "none", sizeof(line->spec));
	spin_lock_init(&line->in_lock);
	INIT_DELAYED_WORK(&line->in_retry, line_in_retry);
	line_output_init(line);
}

void line_class_init(struct line_class *class)
{
	unsigned int i;

	for (i = 0; i < class->nr; i++)
		line_init(&class->lines[i], class, i);
	list_add_tail(&class->list, &line_classes);
}

static int line_class_driver(struct line_class *class)
{
	struct tty_driver *driver;
	int err;

	driver = tty_alloc_driver(class->nr, TTY_DRIVER_REAL_RAW |
				  TTY_DRIVER_DYNAMIC_DEV);
	if (IS_ERR(driver))
		return PTR_ERR(driver);
	driver->driver_name = class->driver_name;
	driver->name = class->dev_name;
	driver->major = class->major;
	driver->minor_start = class->minor_start;
	driver->type = class->type;
	driver->subtype = class->subtype;
	driver->init_termios = tty_std_termios;
	driver->driver_state = class;
	tty_set_operations(driver, &line_tty_ops);
	err = tty_register_driver(driver);
	if (err) {
		tty_driver_kref_put(driver);
		return err;
	}
	class->driver = driver;
	return 0;
}

int line_class_register(struct line_class *class)
{
	struct line *line;
	unsigned int i;
	int err;

	err = line_class_driver(class);
	if (err)
		return err;
	for (i = 0; i < class->nr; i++) {
		line = &class->lines[i];
		tty_port_link_device(&line->port, class->driver, i);
		mutex_lock(&line->port.mutex);
		if (line->in.ops || line->out.ops)
			err = line_alloc_irq(line);
		line_watch(line);
		mutex_unlock(&line->port.mutex);
		err = err ?: line_device_update(line);
		if (err)
			pr_err("%s: cannot set it up: %pe\n", line->name,
			       ERR_PTR(err));
	}
	return 0;
}

/* The last words of the guest's programs, before the machine stops. */
static int line_reboot(struct notifier_block *nb, unsigned long action,
		       void *data)
{
	struct line_class *class;
	unsigned long flags;
	struct line *line;

	list_for_each_entry(class, &line_classes, list)
		for (line = class->lines; line < class->lines + class->nr; line++) {
			spin_lock_irqsave(&line->out_lock, flags);
			line_drain(line);
			spin_unlock_irqrestore(&line->out_lock, flags);
		}
	return NOTIFY_DONE;
}

static struct notifier_block line_reboot_block = {
	.notifier_call = line_reboot,
};

static int __init line_reboot_init(void)
{
	return register_reboot_notifier(&line_reboot_block);
}
device_initcall(line_reboot_init);
