//! Resident memory of this process, from the kernel's own books.

use crate::Anything;

/// Bytes resident now.
pub fn resident() -> Result<u64, Anything> {
    status("VmRSS:")
}

/// Most bytes resident since [`reset_peak`].
pub fn peak() -> Result<u64, Anything> {
    status("VmHWM:")
}

/// Makes the peak what is resident now.
pub fn reset_peak() -> Result<(), Anything> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

fn status(name: &str) -> Result<u64, Anything> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}
