//! GUIDs as clients see them.

/// Random bytes as a GUID of version 4.
pub(crate) fn random(mut bytes: [u8; 32]) -> String {
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    text(&bytes)
}

/// The first 16 bytes as they are.
pub(crate) fn text(bytes: &[u8; 32]) -> String {
    let hex: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn guids() {
        assert_eq!(super::text(&[0xAB; 32]), "abababab-abab-abab-abab-abababababab");
        assert_eq!(super::random([0xFF; 32]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
