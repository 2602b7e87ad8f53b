# U-Boot's script: takes a slot, and counts the tries of it, as RAUC's backend for U-Boot expects it. The counts are in a file of
# the boot partition, which Linux writes by fw_setenv. Kernel and initial RAM disc come from the slot, so that one bundle replaces
# all of the system but this script and the firmware. The same on a Raspberry Pi and on qemu's machine "virt".
setenv BOOT_ORDER "A B"
setenv BOOT_A_LEFT 3
setenv BOOT_B_LEFT 3
setenv MACHINE_ID
# A file that a power cut has broken has another checksum: then these defaults hold.
if load ${devtype} ${devnum}:1 ${ramdisk_addr_r} slots.env; then
  env import -c ${ramdisk_addr_r} 0x4000 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT MACHINE_ID
fi
setenv slot
for each in ${BOOT_ORDER}; do
  if test "x${slot}" = "x"; then
    if test "x${each}" = "xA" -a ${BOOT_A_LEFT} -gt 0; then
      setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1
      setenv slot A
      setenv part 2
    fi
    if test "x${each}" = "xB" -a ${BOOT_B_LEFT} -gt 0; then
      setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1
      setenv slot B
      setenv part 3
    fi
  fi
done
if test "x${slot}" = "x"; then
  echo "no slot has a try left: both have three again"
  setenv BOOT_A_LEFT 2
  setenv BOOT_B_LEFT 3
  setenv slot A
  setenv part 2
fi
env export -c -s 0x4000 ${ramdisk_addr_r} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT MACHINE_ID
fatwrite ${devtype} ${devnum}:1 ${ramdisk_addr_r} slots.env 0x4000
echo "slot ${slot}, order ${BOOT_ORDER}, left A ${BOOT_A_LEFT} B ${BOOT_B_LEFT}"
part uuid ${devtype} ${devnum}:${part} uuid
# The console is the one that the board's device tree names.
setenv bootargs "root=PARTUUID=${uuid} ro rootwait rauc.slot=${slot} panic=10 fsck.repair=yes quiet"
# The same identity in both slots, in which nothing is written.
if test "x${MACHINE_ID}" != "x"; then
  setenv bootargs "${bootargs} systemd.machine_id=${MACHINE_ID}"
fi
# On a Raspberry Pi the kernel has 38 MB before the place that U-Boot has for the RAM disc, and needs more.
setexpr ramdisk_addr_r ${kernel_addr_r} + 0x8000000
load ${devtype} ${devnum}:${part} ${kernel_addr_r} vmlinuz
load ${devtype} ${devnum}:${part} ${ramdisk_addr_r} initrd.img
booti ${kernel_addr_r} ${ramdisk_addr_r}:${filesize} ${fdtcontroladdr}
echo "slot ${slot} does not start"
sleep 10
reset
