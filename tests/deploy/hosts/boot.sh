#!/bin/sh
# Starts a host: systemd as process 1 of namespaces of its own, over a root of its own.
# boot.sh BASE FOLDER SMALL_OPT_MB, inside new namespaces of mounts, processes, names, IPC, cgroups and network.
set -eu
base=$1
folder=$2
small=$3
root=$folder/root
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$base,upperdir=$folder/upper,workdir=$folder/work" "$root"
hostname "$(basename "$folder")"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for each in null zero full random urandom tty; do
    touch "$root/dev/$each"
    mount --bind "/dev/$each" "$root/dev/$each"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
touch "$root/dev/console"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
if [ "$small" != 0 ]; then
    mkdir -p "$root/opt/distributed-ocr"
    mount -t tmpfs -o "mode=755,size=${small}m" tmpfs "$root/opt/distributed-ocr"
fi
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l /.old
rmdir /.old
exec env -i container=other PATH=/usr/sbin:/usr/bin /lib/systemd/systemd
