#!/usr/bin/env bash
# A SLURM of one node on the loopback, without systemd: one_node.sh up | down | can
# Wants root and Debian's packages slurmctld, slurmd, slurm-client and munge. A job's
# configuration must stand in /etc/slurm, so a machine that has one is left alone.
set -euo pipefail
state=/tmp/noncoding-slurm
host=$(hostname -s)

can() {
    [ "$(id -u)" = 0 ] || { echo "not root"; return 1; }
    for program in slurmctld slurmd srun munged; do
        command -v "$program" > /dev/null || { echo "no $program on this machine"; return 1; }
    done
    if [ -e /etc/slurm/slurm.conf ] && ! grep -q ClusterName=noncoding /etc/slurm/slurm.conf; then
        echo "a SLURM is set up on this machine already"
        return 1
    fi
}

up() {
    can
    down
    mkdir -p "$state/state" "$state/spool" /etc/slurm
    # `nproc` itself would count no more cores than OMP_NUM_THREADS, which the tests set to 1.
    cores=$(env -u OMP_NUM_THREADS nproc)
    memory=$(( $(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1024 - 512 ))
    cat > /etc/slurm/slurm.conf <<CONF
ClusterName=noncoding
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,NoShared
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
MinJobAge=7200
KillWait=60
SchedulerParameters=batch_sched_delay=0,sched_interval=2
ReturnToService=2
GresTypes=gpu
StateSaveLocation=$state/state
SlurmdSpoolDir=$state/spool
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores RealMemory=$memory Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes=$host Default=YES MaxTime=UNLIMITED DefaultTime=10 State=UP
PartitionName=gpu Nodes=$host MaxTime=UNLIMITED DefaultTime=10 State=UP
CONF
    # Two GPUs by name alone: SLURM counts them and hands them out.
    printf "NodeName=$host Name=gpu File=%s\n" /dev/null /dev/zero > /etc/slurm/gres.conf
    install -d -o munge -g munge -m 755 /run/munge
    runuser -u munge -- munged
    slurmctld -c
    slurmd
    for _ in $(seq 30); do
        sinfo -h -o %t 2> /dev/null | grep -q idle && return
        sleep 1
    done
    echo "SLURM does not come up; see $state/*.log" >&2
    return 1
}

down() {
    for pid in "$state/slurmd.pid" "$state/slurmctld.pid" /run/munge/munged.pid; do
        [ -s "$pid" ] && kill "$(cat "$pid")" 2> /dev/null || true
    done
    sleep 1
    rm -rf "$state" /etc/slurm/slurm.conf /etc/slurm/gres.conf
}

"$1"
