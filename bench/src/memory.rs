//! Resident memory of a process, from the kernel's own books.

use crate::Anything;

/// Bytes of this process resident now.
pub fn resident() -> Result<u64, Anything> {
    status("self", "VmRSS:")
}

/// Bytes of another process resident now.
pub fn resident_of(process: u32) -> Result<u64, Anything> {
    status(&process.to_string(), "VmRSS:")
}

/// Most bytes resident since [`reset_peak`].
pub fn peak() -> Result<u64, Anything> {
    status("self", "VmHWM:")
}

/// Makes the peak what is resident now.
pub fn reset_peak() -> Result<(), Anything> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

fn status(process: &str, name: &str) -> Result<u64, Anything> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
