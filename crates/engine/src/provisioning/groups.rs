//! Enrollment groups and the proof of their signing certificates (iot-central §10).

use bellwether_model::identity::IfMatch;
use bellwether_model::provisioning::{
    Certificate, CertificateEntry, CertificateSettings, EnrollmentGroup, EnrollmentGroupSettings, GroupAttestation,
    ProofError, SigningCertificates,
};
use bellwether_store::{EtagMismatch, Records, StoreError, Stored, check_etag};

use crate::Engine;

/// Why an enrollment group was not changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EnrollmentGroupError {
    /// There is no group of this id.
    #[error("there is no enrollment group with this id")]
    NotFound,
    /// The group has no certificate at this place.
    #[error("the enrollment group has no certificate there")]
    NoCertificate,
    /// The devices of the group have keys.
    #[error("the enrollment group's attestation is not x509: it has no certificates")]
    NotX509,
    /// A proof was sent before its name was asked for.
    #[error("no verification code was generated for this certificate")]
    NoCode,
    /// The proof proves nothing.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The group was changed meanwhile.
    #[error(transparent)]
    Etag(#[from] EtagMismatch),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Writes a group as `settings` says of what stands, new or in its place. Keys that are not given stay or are
    /// made.
    ///
    /// # Errors
    /// What `settings` refuses, an [`EtagMismatch`], or the store failed. Nothing was written.
    pub async fn write_enrollment_group<E>(
        &self,
        id: &str,
        if_match: IfMatch,
        settings: impl FnOnce(Option<&Stored<EnrollmentGroup>>) -> Result<EnrollmentGroupSettings, E> + Send + 'static,
    ) -> Result<Stored<EnrollmentGroup>, E>
    where
        E: From<StoreError> + From<EtagMismatch> + Send + 'static,
    {
        let (id, fresh) = (id.to_owned(), self.fresh_keys());
        let change = move |records: &Records<'_>| {
            let stands = records.get::<EnrollmentGroup>(&id)?;
            check_etag(&if_match, stands.as_ref())?;
            let settings = settings(stands.as_ref())?;
            let stands = stands.as_ref().map(|stored| &stored.record);
            Ok(records.put(EnrollmentGroup::written(id, settings, stands, fresh))?)
        };
        self.store.change_records(change).await
    }

    /// Deletes a group. Devices that registered by it stay as they are.
    ///
    /// # Errors
    /// It is not there, has another etag, or the store failed.
    pub async fn delete_enrollment_group(&self, id: &str, if_match: IfMatch) -> Result<(), EnrollmentGroupError> {
        let id = id.to_owned();
        let change = move |records: &Records<'_>| {
            let stands = records.get::<EnrollmentGroup>(&id)?.ok_or(EnrollmentGroupError::NotFound)?;
            check_etag(&if_match, Some(&stands))?;
            records.delete::<EnrollmentGroup>(&id)?;
            Ok(())
        };
        self.store.change_records(change).await
    }

    /// Puts a signing certificate into a group, or takes it out (`None`).
    ///
    /// # Errors
    /// The group is not there or has keys, has another etag, there is nothing to take out, or the store failed.
    pub async fn put_signing_certificate(
        &self,
        group: &str,
        entry: CertificateEntry,
        certificate: Option<CertificateSettings>,
        if_match: IfMatch,
    ) -> Result<Stored<EnrollmentGroup>, EnrollmentGroupError> {
        self.change_certificates(group, if_match, move |certificates| {
            let slot = certificates.slot(entry);
            if certificate.is_none() && slot.is_none() {
                return Err(EnrollmentGroupError::NoCertificate);
            }
            let stands = slot.take();
            *slot = certificate.map(|new| new.written(stands.as_ref()));
            Ok(())
        })
        .await
    }

    /// A new code: whoever holds the certificate's key proves it by issuing a certificate of this name.
    ///
    /// # Errors
    /// The group or certificate is not there, or the store failed.
    pub async fn generate_verification_code(
        &self,
        group: &str,
        entry: CertificateEntry,
    ) -> Result<String, EnrollmentGroupError> {
        let code: String = self.world.entropy.draw().iter().take(24).map(|byte| format!("{byte:02X}")).collect();
        let given = code.clone();
        self.change_certificates(group, IfMatch::Any, move |certificates| {
            let slot = certificates.slot(entry).as_mut().ok_or(EnrollmentGroupError::NoCertificate)?;
            slot.code = Some(given);
            Ok(())
        })
        .await?;
        Ok(code)
    }

    /// Takes the proof that somebody holds a certificate's key. The code is used up with it.
    ///
    /// # Errors
    /// The group or certificate is not there, no code was generated, the proof proves nothing, or the store failed.
    pub async fn verify_signing_certificate(
        &self,
        group: &str,
        entry: CertificateEntry,
        proof: Certificate,
    ) -> Result<(), EnrollmentGroupError> {
        self.change_certificates(group, IfMatch::Any, move |certificates| {
            let slot = certificates.slot(entry).as_mut().ok_or(EnrollmentGroupError::NoCertificate)?;
            let code = slot.code.as_deref().ok_or(EnrollmentGroupError::NoCode)?;
            slot.certificate.is_proved_by(&proof, code)?;
            (slot.verified, slot.code) = (true, None);
            Ok(())
        })
        .await?;
        Ok(())
    }

    async fn change_certificates(
        &self,
        group: &str,
        if_match: IfMatch,
        change: impl FnOnce(&mut SigningCertificates) -> Result<(), EnrollmentGroupError> + Send + 'static,
    ) -> Result<Stored<EnrollmentGroup>, EnrollmentGroupError> {
        let id = group.to_owned();
        let in_transaction = move |records: &Records<'_>| {
            let mut stands = records.get::<EnrollmentGroup>(&id)?.ok_or(EnrollmentGroupError::NotFound)?;
            check_etag(&if_match, Some(&stands))?;
            match &mut stands.record.attestation {
                GroupAttestation::X509(certificates) => change(certificates)?,
                GroupAttestation::SymmetricKey(_) => return Err(EnrollmentGroupError::NotX509),
            }
            Ok(records.put(stands.record)?)
        };
        self.store.change_records(in_transaction).await
    }
}
