//! The columns that have no field of their own, by their number (from 0) in the documents' order, and the name under
//! which each is kept. A column that says that there is nothing (`0`, `N/A`, `unknown`) is left out.

use alloc::borrow::Cow;

use super::Row;
use crate::alert::{Alert, Value};
use crate::{lex, text};

const COLUMNS: &[(usize, &str)] = &[
    (2, "observer.serial_number"),
    (9, "source.nat.ip"),
    (10, "destination.nat.ip"),
    (14, "network.application"),
    (15, "panos.virtual_system"),
    (16, "observer.ingress.zone"),
    (17, "observer.egress.zone"),
    (19, "observer.egress.interface.name"),
    (20, "panos.log_action"),
    (22, "panos.session_id"),
    (26, "source.nat.port"),
    (27, "destination.nat.port"),
    (28, "panos.flags"),
    (33, "panos.category"),
    (36, "panos.sequence_number"),
    (37, "panos.action_flags"),
    (38, "panos.source_location"),
    (39, "panos.destination_location"),
    (41, "panos.content_type"),
    (42, "panos.pcap_id"),
    (44, "panos.cloud"),
    (45, "panos.url_index"),
    (46, "user_agent.original"),
    (47, "file.type"),
    (48, "panos.x_forwarded_for"),
    (49, "http.request.referrer"),
    (50, "email.from.address"),
    (51, "email.subject"),
    (52, "email.to.address"),
    (53, "panos.report_id"),
    (54, "panos.device_group_1"),
    (55, "panos.device_group_2"),
    (56, "panos.device_group_3"),
    (57, "panos.device_group_4"),
    (58, "panos.virtual_system_name"),
    (61, "panos.source_vm_uuid"),
    (62, "panos.destination_vm_uuid"),
    (63, "http.request.method"),
    (64, "panos.tunnel_id"),
    (65, "panos.monitor_tag"),
    (66, "panos.parent_session_id"),
    (67, "panos.parent_start_time"),
    (68, "panos.tunnel_type"),
    (69, "panos.threat_category"),
    (70, "panos.content_version"),
    (72, "panos.sctp_association_id"),
    (73, "panos.payload_protocol_id"),
    (74, "panos.http_headers"),
    (75, "panos.url_categories"),
    (76, "rule.uuid"),
    (77, "panos.http2_connection"),
    (78, "panos.dynamic_user_group"),
    (79, "network.forwarded_ip"),
    (80, "panos.source_device_category"),
    (81, "panos.source_device_profile"),
    (82, "panos.source_device_model"),
    (83, "panos.source_device_vendor"),
    (84, "panos.source_device_os_family"),
    (85, "panos.source_device_os_version"),
    (88, "panos.destination_device_category"),
    (89, "panos.destination_device_profile"),
    (90, "panos.destination_device_model"),
    (91, "panos.destination_device_vendor"),
    (92, "panos.destination_device_os_family"),
    (93, "panos.destination_device_os_version"),
    (96, "container.id"),
    (97, "panos.pod_namespace"),
    (98, "panos.pod_name"),
    (99, "panos.source_dynamic_list"),
    (100, "panos.destination_dynamic_list"),
    (101, "panos.host_id"),
    (102, "panos.endpoint_serial_number"),
    (103, "panos.domain_dynamic_list"),
    (104, "panos.source_address_group"),
    (105, "panos.destination_address_group"),
    (106, "panos.partial_hash"),
    (107, "panos.high_resolution_time"),
    (108, "panos.reason"),
    (109, "panos.justification"),
    (110, "panos.slice_service_type"),
    (111, "panos.application_subcategory"),
    (112, "panos.application_category"),
    (113, "panos.application_technology"),
    (114, "panos.application_risk"),
    (115, "panos.application_characteristics"),
    (116, "panos.application_container"),
    (117, "panos.tunneled_application"),
    (118, "panos.application_saas"),
    (119, "panos.application_sanctioned"),
    (120, "panos.cloud_report_id"),
    (121, "panos.cluster_name"),
    (122, "panos.flow_type"),
];

/// The first column that no document names yet.
const UNNAMED: usize = 123;

/// Keeps each column that says something.
pub(super) fn read<'a>(row: &Row<'a>, alert: &mut Alert<'a>) {
    alert.details.reserve_exact(row.count().min(COLUMNS.len()) + 4);
    for (at, name) in COLUMNS.iter().take_while(|(at, _)| *at < row.count()) {
        let Some(bytes) = row.bytes(*at) else { continue };
        if says_nothing(bytes) {
            continue;
        }
        let value = match (*name, lex::number::<i64>(bytes)) {
            ("source.nat.port" | "destination.nat.port", Some(port)) => Value::Integer(port),
            _ => match row.text(*at) {
                Some(text) => Value::Text(text),
                None => continue,
            },
        };
        // No name of the table stands there yet, so none is looked for.
        alert.details.push((Cow::Borrowed(*name), value));
    }
    digest(row, alert);
    if row.count() > UNNAMED {
        let rest = (UNNAMED..row.count()).filter_map(|at| row.text(at));
        let rest: alloc::vec::Vec<_> = rest.filter(|text| !says_nothing(text.as_bytes())).collect();
        if !rest.is_empty() {
            alert.note("panos.further_columns", Value::List(rest));
        }
    }
}

fn says_nothing(bytes: &[u8]) -> bool {
    // The last is what a number of 32 bits has for none.
    matches!(
        bytes,
        b"0" | b"0x0" | b"0.0.0.0" | b"::" | b"N/A" | b"n/a" | b"unknown" | b"-" | b"4294967295"
    )
}

// WildFire's digest is a SHA-256.
fn digest<'a>(row: &Row<'a>, alert: &mut Alert<'a>) {
    if let Some(digest) = row.text(43) {
        let key = if digest.len() == 64 { "file.hash.sha256" } else { "panos.file_digest" };
        alert.note(key, Value::Text(text::lower(digest)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_ends_before_what_is_unnamed() {
        assert!(COLUMNS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(COLUMNS.last().map(|(at, _)| at + 1), Some(UNNAMED));
    }

    #[test]
    fn no_name_stands_in_the_table_twice() {
        for (number, (_, name)) in COLUMNS.iter().enumerate() {
            let again = COLUMNS.iter().skip(number + 1).any(|(_, other)| other == name);
            let object = ["url.original", "file.name", "dns.question.name"].contains(name);
            assert!(!again && !object, "{name}");
        }
    }
}
