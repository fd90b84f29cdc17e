//! The choice of columns, section by section.

use amanat_reviewer_core::referral::layout::Layout;
use amanat_reviewer_core::referral::partner::PartnerKind;
use leptos::prelude::*;

/// Offers all columns that this kind of partner may have; none is chosen at first.
#[component]
pub fn Columns(kind: PartnerKind, chosen: RwSignal<Vec<String>>, shown: RwSignal<Option<String>>) -> impl IntoView {
    let layout = Layout::built_in();
    let section = |section: amanat_reviewer_core::referral::layout::Section| {
        let columns: Vec<_> = section.columns.into_iter().filter(|column| column.share.contains(&kind.permission())).collect();
        (!columns.is_empty()).then(|| {
            let boxes = columns.into_iter().map(|column| {
                let key = column.key.clone();
                let of_box = column.key.clone();
                let is_chosen = move || chosen.with(|all| all.contains(&of_box));
                let choose = move |event| {
                    let checked = event_target_checked(&event);
                    chosen.update(|all| {
                        all.retain(|other| *other != key);
                        if checked {
                            all.push(key.clone());
                        }
                    });
                    shown.set(None);
                };
                view! { class = "dynamic", <label class="check"><input type="checkbox" value=column.key prop:checked=is_chosen on:change=choose/>" "{column.label}</label> }
            });
            view! { class = "dynamic", <fieldset><legend>{section.label}</legend>{boxes.collect_view()}</fieldset> }
        })
    };
    view! { class = "dynamic",
        <section data-role="column-choice">
            <h2>"Columns"</h2>
            <p class="hint">"Only what this partner needs for this purpose. Nothing is chosen for you."</p>
            {layout.sections.into_iter().map(section).collect_view()}
        </section>
    }
}
