/* SPDX-License-Identifier: GPL-2.0 */
#include "../../../host/mgmt_shim/linux/string.h"
